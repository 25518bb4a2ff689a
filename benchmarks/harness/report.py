"""Writes the samples down: a table to read, and all raw figures."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness.records import SYSTEMS, Plan, Sample
from benchmarks.harness.workloads import Workload

UNITS = {"p50_ms": "ms", "rate_per_second": "per s", "take_over_seconds": "s"}
HIGHER_IS_BETTER = "rate_per_second"
INTRODUCTION = """\
# Benchmark results

Made by `python benchmarks/run.py`; what is measured and how stands in
[README.md](README.md), every sample in `results.json`. A figure is the median of the
rounds, with the least and the greatest in brackets; a comparison is taken within each
round, so that both sides saw the same machine.
"""
BESIDE = ("limits.md", "sleepers.md")
"""Pages that other programs write; the results repeat them."""


def write(
    directory: Path, plan: Plan, facts: dict[str, str], samples: Sequence[Sample]
) -> None:
    """Write `results.md` and `results.json`, whole, also in the middle of a run."""
    directory.mkdir(parents=True, exist_ok=True)
    raw = {
        "facts": facts,
        "rounds": plan.rounds,
        "quick": plan.quick,
        "samples": [asdict(sample) for sample in samples],
    }
    (directory / "results.json").write_text(json.dumps(raw, indent=1) + "\n")
    (directory / "results.md").write_text(markdown(plan, facts, samples))


def markdown(plan: Plan, facts: dict[str, str], samples: Sequence[Sample]) -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    if plan.quick:
        parts.append("**A quick run: small sizes, to try the harness only.**\n")
    for database, title in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite")):
        rows = [w for w in plan.workloads if w.database == database]
        if rows:
            parts += [f"## {title}\n", _table(rows, samples)]
    parts += _beside()
    failed = [sample for sample in samples if sample.error]
    if failed:
        names = ", ".join(f"{s.workload}/{s.system} (round {s.round})" for s in failed)
        parts.append(f"**Failed:** {names}\n")
    lines = [f"| {name} | {value} |" for name, value in facts.items()]
    rounds = f"| rounds | {plan.rounds} |"
    parts += [
        "## Machine\n",
        "\n".join(["| fact | |", "|---|---|", *lines, rounds, ""]),
    ]
    return "\n".join(parts)


def _beside() -> list[str]:
    pages = [Path(__file__).parents[1] / name for name in BESIDE]
    # Every heading one level down: they are sections here.
    return [
        page.read_text().replace("\n## ", "\n### ").replace("# ", "## ", 1)
        for page in pages
        if page.exists()
    ]


def _table(workloads: Sequence[Workload], samples: Sequence[Sample]) -> str:
    titles = " | ".join(system.title for system in SYSTEMS)
    lines = [
        f"| work | unit | {titles} | faster than DBOS | time of bare SQL |",
        "|---|---|---|---|---|---|---|",
    ]
    for workload in workloads:
        cells = [workload.title, UNITS[workload.metric]]
        cells += [
            _spread(_by_round(samples, workload, system.name).values())
            for system in SYSTEMS
        ]
        cells.append(_compared_with_dbos(workload, samples))
        cells.append(_compared_with_bare(workload, samples))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _compared_with_dbos(workload: Workload, samples: Sequence[Sample]) -> str:
    speeds = _ratios(workload, samples, "durable", "dbos")
    if workload.metric != HIGHER_IS_BETTER:
        speeds = [1 / ratio for ratio in speeds]
    goal = workload.at_least_times_dbos
    if goal is None or not speeds:
        return _spread(speeds, "×")
    mark = "✓" if statistics.median(speeds) >= goal else "✗"
    return f"{_spread(speeds, '×')}, goal ≥ {goal:g}× {mark}"


def _compared_with_bare(workload: Workload, samples: Sequence[Sample]) -> str:
    times = _ratios(workload, samples, "durable", "bare")
    if workload.metric == HIGHER_IS_BETTER:
        times = [1 / ratio for ratio in times]
    goal = workload.at_most_times_bare
    if goal is None or not times:
        return _spread(times, "×")
    mark = "✓" if statistics.median(times) <= goal else "✗"
    return f"{_spread(times, '×')}, goal ≤ {goal:g}× {mark}"


def _ratios(
    workload: Workload, samples: Sequence[Sample], above: str, below: str
) -> list[float]:
    """Return one ratio for each round that measured both systems."""
    numerators = _by_round(samples, workload, above)
    denominators = _by_round(samples, workload, below)
    return [
        numerators[number] / denominators[number]
        for number in sorted(numerators.keys() & denominators.keys())
    ]


def _by_round(
    samples: Sequence[Sample], workload: Workload, system: str
) -> dict[int, float]:
    return {
        sample.round: sample.metrics[workload.metric]
        for sample in samples
        if sample.workload == workload.name
        and sample.system == system
        and not sample.error
    }


def _spread(values: Iterable[float], unit: str = "") -> str:
    """Return median, least and greatest, or a dash."""
    found = sorted(values)
    if not found:
        return "–"
    middle = _figure(statistics.median(found)) + unit
    if len(found) == 1:
        return middle
    return f"{middle} ({_figure(found[0])}–{_figure(found[-1])})"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
