"""The fake meter's truth is a function of boot time, known without asking any process; the ledger must hold just that."""


def fake_meter_uj(watts, boot_ns):
    return watts * 1000 * boot_ns // 1_000_000


def check_ledger(p, watts):
    """Raises unless Σ workloads + idle = node = meter, to the µJ, in the ledger of a stopped pipeline. The node's µJ."""
    state = p.ledger("SELECT committed_seq, first_boot_ns, last_boot_ns FROM commit_state")[0]
    node = {r["zone"]: r for r in p.ledger("SELECT zone, total_uj, idle_uj FROM node_total")}
    rows = {r["zone"]: r for r in p.ledger("SELECT zone, active_uj, idle_uj FROM workload_total")}
    wanted = fake_meter_uj(watts, state["last_boot_ns"]) - fake_meter_uj(watts, state["first_boot_ns"])
    got = node["package"]["total_uj"]
    print(f"  ledger {got} µJ, meter {wanted} µJ over {(state['last_boot_ns'] - state['first_boot_ns']) / 1e9:.3f} s")
    if got != wanted:
        raise AssertionError(f"the ledger is off by {got - wanted} µJ")
    shared = rows["package"]["active_uj"] + rows["package"]["idle_uj"]
    if shared + node["package"]["idle_uj"] != got:
        raise AssertionError(f"workloads {shared} + idle {node['package']['idle_uj']} is not the node's {got}")
    return got
