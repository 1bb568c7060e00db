"""`poolreg bench`: every case at every thread count, with the report written after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poolreg.bench import report
from poolreg.bench.cases import Case
from poolreg.bench.machine import environment
from poolreg.bench.measure import Team
from poolreg.bench.peers import BY_NAME, LIMIT, OURS, PEERS, Peer
from poolreg.terminal.progress import steps

ROUNDS, QUICK_ROUNDS = 15, 3


@dataclass(frozen=True)
class Plan:
    """What is measured, and where it goes."""

    cases: tuple[Case, ...]
    peers: tuple[Peer, ...]
    threads: tuple[int, ...]
    rounds: int
    json: Path | None = None
    markdown: Path | None = None
    plot: Path | None = None
    resume: bool = False


def chosen_cases(
    known: dict[str, Case], names: Sequence[str] | None, quick: bool
) -> tuple[Case, ...]:
    if names:
        return tuple(known[name] for name in names)
    return tuple(case for case in known.values() if case.quick or not quick)


def chosen_peers(names: Sequence[str] | None, quick: bool) -> tuple[Peer, ...]:
    """poolreg and the limit are always among them."""
    if names:
        always = (*OURS.values(), LIMIT)
        return tuple(BY_NAME[name] for name in dict.fromkeys((*always, *names)))
    return tuple(peer for peer in PEERS if peer.quick or not quick)


def run(plan: Plan) -> report.Report:
    found = begun(plan)
    todo = {
        threads: [case for case in plan.cases if not found.has(case.name, threads)]
        for threads in plan.threads
    }
    with steps(sum(map(len, todo.values())) * (plan.rounds + len(plan.peers))) as tick:
        for threads, cases in todo.items():
            if not cases:
                continue
            with Team(plan.peers, threads) as team:
                found.absent = team.absent
                found.environment = environment(team.versions)
                for case in cases:
                    found.rows.append(team.measure(case, plan.rounds, tick))
                    write(plan, found)
    write(plan, found)
    return found


def begun(plan: Plan) -> report.Report:
    """What an earlier run has written, if this one goes on with it."""
    if plan.resume and plan.json and plan.json.exists():
        return report.from_json(plan.json.read_text(encoding="utf-8"))
    return report.Report(environment({}))


def write(plan: Plan, found: report.Report) -> None:
    if plan.json:
        report.write(plan.json, report.as_json(found))
    if plan.markdown:
        report.write(plan.markdown, report.as_markdown(found))
    if plan.plot and found.rows:
        from poolreg.bench import plot  # slow to import

        plot.save(found, plan.plot)


def listed(known: dict[str, Case]) -> str:
    """Every case with what it is, and the names of the peers."""
    width = max(map(len, known))
    cases = [f"{name:{width}}  {case}" for name, case in known.items()]
    return "\n".join([*cases, "", "peers: " + ", ".join(BY_NAME)])
