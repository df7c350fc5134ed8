"""The arithmetic of docs/methodology.md a second time, sharing nothing with the C code: test_reference.py holds both to
agree on random profiles, loads, windows and PUEs. Fractions where floats could hide a difference; units as in the docs."""
from fractions import Fraction as F
import math

PUE_REF, HOURS_PER_MONTH, COVERAGE = 1.4, 730, 2


# schedule: a profile is [(start_s, g/kWh)], each value until the next start, the last until `end`

def integral(profile, end, a, b):
    """Exact: every piece that overlaps [a, b)."""
    total = F(0)
    for n, (start, value) in enumerate(profile):
        stop = profile[n + 1][0] if n + 1 < len(profile) else end
        total += F(value) * max(0, min(b, stop) - max(a, start))
    return total


def fits(window, a, b):
    """Is [a, b) inside one opening of a daily window in Korean time (seconds of the day), over midnight or not?"""
    opens, closes = window
    if opens == closes:
        return True
    length = (closes - opens) % 86400
    since = (a + 9 * 3600 - opens) % 86400  # seconds since the last opening
    return since + (b - a) <= length


def schedule(profile, end, earliest, latest, deadline, duration, window):
    """(best start, its mean, worst mean) by trying every second at which anything changes; None: nowhere."""
    edges = {earliest, latest, deadline - duration}
    for start, _ in profile:
        edges |= {start, start - duration}
    day = earliest - (earliest + 9 * 3600) % 86400 - 86400
    while day <= latest:
        edges |= {day + window[0], day + window[1] - duration, day + 86400 + window[1] - duration}
        day += 86400
    starts = sorted(s for s in edges if earliest <= s <= latest and s + duration <= deadline and fits(window, s, s + duration))
    if not starts:
        return None
    means = [integral(profile, end, s, s + duration) / duration for s in starts]
    best, worst = min(means), max(means)
    return starts[means.index(best)], float(best), float(worst)


# carbon

def weighted(powers, intensities):
    energy = sum(map(F, powers))
    return float(sum(F(p) * F(i) for p, i in zip(powers, intensities)) / energy)


def assess(powers, intensities, pue, target, u_grid, u_pue):
    """Of a workload that drew these powers hour by hour [W], where the hours are all that was observed."""
    grid = weighted(powers, intensities)
    value = grid * pue / PUE_REF
    kwh = sum(powers) / len(powers) / 1000 * HOURS_PER_MONTH
    return {
        "grid_carbon_intensity_gCO2eq_kWh": grid,
        "current_carbon_intensity_gCO2eq_kWh": value,
        "required_reduction_percent": max(0.0, 1 - target / value) * 100,
        "uncertainty_gCO2eq_kWh": COVERAGE * value * math.hypot(u_grid, u_pue),
        "facility_intensity_gCO2eq_kWh": grid * pue,
        "energy_kWh_month": kwh,
        "energy_facility_kWh_month": kwh * pue,
        "monthly_emissions_kg": kwh * pue * grid / 1000,
        "carbon_status": "COMPLIANT" if value <= target * (1 + 1e-9) else "NON_COMPLIANT",
    }


# compare

def compare(watts, idle_share, intensity, pue, region=None, hour=None, target_pue=None, cores=None):
    """Another region (its intensity, its PUE or None), another hour (the best window's mean, that of all starts), a better PUE, a smaller
    request (from, to): each where it is asked and gains something, upon what the ones before it left."""
    grid, house, size = intensity, pue, 1
    if region and region[0] * (region[1] or pue) < intensity * pue:
        grid, house = region[0], region[1] or pue
        hour = None  # there the hours are not known
    if hour and hour[0] <= 0.99 * min(hour[1], grid):
        grid = hour[0]
    if target_pue and target_pue < house:
        house = target_pue
    if cores and cores[1] < cores[0]:
        size = 1 - idle_share * (1 - cores[1] / cores[0])
    kwh = watts / 1000 * HOURS_PER_MONTH
    return {
        "reduction_percent": (1 - grid * house * size / (intensity * pue)) * 100,
        "intensity_after": grid * house / PUE_REF,
        "service_intensity_after": grid * house / PUE_REF * size,
        "optimized_power_watts": watts * size,
        "optimized_monthly_emissions_kg": kwh * size * house * grid / 1000,
    }


def target_mib(peaks):
    """A request by the peaks of each 24 h, the newest first, whose weights halve from day to day."""
    weights, reached = [2.0 ** -day for day in range(len(peaks))], 0
    for peak, weight in sorted(zip(peaks, weights)):
        reached += weight
        if reached >= 0.9 * sum(weights) * (1 - 1e-9):
            return max(250, math.ceil(peak * 1.15 - 1e-9))


def target_cores(p90):
    cores = max(p90 * 1.15, 0.025)
    steps = 40 if cores < 1 else 10
    return math.ceil(cores * steps - 1e-9) / steps
