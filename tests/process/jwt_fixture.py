"""JSON Web Tokens and their key sets by openssl alone. For the process tests."""
import base64, json, subprocess, time

AUDIENCE = "https://tanso.example/mcp"


def base64url(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def key_set(folder, **names):
    """JWKS of kid=NAME, the P-256 key NAME.key in the folder: its DER ends with the point."""
    keys = []
    for kid, name in names.items():
        der = subprocess.run(["openssl", "pkey", "-in", f"{folder}/{name}.key", "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
        keys.append({"kty": "EC", "crv": "P-256", "kid": kid, "x": base64url(der[-64:-32]), "y": base64url(der[-32:])})
    return json.dumps({"keys": keys})


def jwt(folder, name, kid, lasts_s=600, **claims):
    """A token of alice's, good for everything, signed by NAME.key."""
    text = base64url({"alg": "ES256", "kid": kid}) + "." + base64url(
        {"sub": "alice", "aud": AUDIENCE, "exp": int(time.time()) + lasts_s, "namespaces": ["*"], **claims})
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{folder}/{name}.key"], check=True, input=text.encode(),
                         stdout=subprocess.PIPE).stdout
    size = der[3]  # of r; SEQUENCE { INTEGER r, INTEGER s }
    halves = der[4:4 + size], der[6 + size:]
    return text + "." + base64url(b"".join(int.from_bytes(half, "big").to_bytes(32, "big") for half in halves))
