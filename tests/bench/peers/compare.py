"""Compares the peers: compare.py EVENTS ROUNDS FOLDER.

First every peer answers on a disordered stream, and each answer is compared with the exact count. Then all
run in turn on an ordered one, and their answers are compared, too. It prints the tables of README. The exit
code is 1 if an answer is wrong or a peer fails.
"""

import itertools
import os
import shutil
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from measure import Failed, run
from peers import DRAIN, FROM_FILES, FROM_KAFKA, HERE, Question, found

# Vaste's quantiles are within 1 %; the other peers' must be exact, but need not be told apart here.
QUANTILE_TOLERANCE = 0.01
# The share of the events that are published only when the peers are restarted.
LATER = 0.01


def count_lines(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


class Comparison:
    def __init__(self, events, rounds, folder):
        self.events, self.rounds, self.folder = events, rounds, folder
        self.end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.first_events = events - int(events * LATER)
        self.name = f"peers-{os.getpid()}"
        self.exact_answers = {}
        self.from_kafka = present(FROM_KAFKA) if found("BROKER") else []
        self.drain = present([DRAIN]) if found("BROKER") else []
        # By peer: what each round took, restarts, and answers that were wrong.
        self.took, self.restarts, self.wrong = {}, {}, {}

    def make_events(self):
        arguments = [str(self.events), self.end.isoformat(), self.folder]
        subprocess.run([sys.executable, HERE / "make_events.py", *arguments], check=True)
        self.ordered, self.disordered = self.folder / "ordered.ndjson", self.folder / "disordered.ndjson"
        self.first, self.later = self.folder / "first.ndjson", self.folder / "later.ndjson"
        with open(self.ordered, "rb") as ordered:
            for path, count in ((self.first, self.first_events), (self.later, None)):
                with open(path, "wb") as file:
                    file.writelines(itertools.islice(ordered, count))

    def topics(self, *arguments):
        if not found("BROKER"):
            return
        command = ["java", "-cp", found("KAFKA_LIBS"), "org.apache.kafka.tools.TopicCommand"]
        command += ["--bootstrap-server", found("BROKER"), *arguments]
        run(command, self.folder / "topics.log", until_exit=True)

    def publish(self, topic, file):
        """Sends a file to a topic, which it creates."""
        if not found("BROKER"):
            return
        self.topics("--create", "--if-not-exists", "--topic", topic, "--partitions", "4")
        config = self.folder / "publish.yaml"
        config.write_text(f'kafka: {{ brokers: ["{found("BROKER")}"], topic: {topic} }}\n')
        command = [found("VASTE"), "publish", "--config", config, file]
        run(command, self.folder / "publish.log", until_exit=True)

    def exact(self, file, begin):
        if (file, begin) not in self.exact_answers:
            command = [found("PYTHON") or sys.executable, HERE / "exact.py", file]
            command += [begin.isoformat(), self.end.isoformat()]
            self.exact_answers[file, begin] = run(command, self.folder / "exact.log").answer
        return self.exact_answers[file, begin]

    def check(self, peer, question, file, took):
        """Compares an answer with the exact count."""
        wrong = difference(self.exact(file, question.begin), took.answer)
        if wrong:
            self.wrong.setdefault(peer, []).append(f"{file.name}: {wrong}")

    def attempt(self, peer, action, question, file):
        """Runs a peer and checks its answer. None if it failed."""
        print(f"  {peer} … ", end="", flush=True)
        try:
            took = action(question)
        except Failed as error:
            print("failed")
            self.wrong.setdefault(peer, []).append(f"{file.name}: failed: {error}")
            return None
        print(f"{took.seconds:.2f} s, {took.cpu:.2f} CPU s, {took.peak_mb:.0f} MB", flush=True)
        if peer != DRAIN[0]:
            self.check(peer, question, file, took)
        elif len(took.answer) != count_lines(file):
            self.wrong.setdefault(peer, []).append(f"{file.name}: read {len(took.answer)} records")
        return took

    def check_disordered(self):
        print("answers on the disordered stream")
        topic = f"{self.name}-disordered"
        self.publish(topic, self.disordered)
        for peer, action in self.from_kafka + present(FROM_FILES):
            question = Question(self.end, topic, self.disordered, self.folder / "disordered")
            self.attempt(peer, action, question, self.disordered)

    def run_round(self, number):
        print(f"round {number + 1} of {self.rounds}")
        topic = f"{self.name}-{number}"
        folder = self.folder / f"round-{number}"
        self.publish(topic, self.first)
        streaming = rotated(self.from_kafka + self.drain, number)
        for peer, action in streaming:
            took = self.attempt(peer, action, Question(self.end, topic, self.first, folder), self.first)
            self.took.setdefault(peer, []).append(took)
        self.publish(topic, self.later)
        if self.from_kafka:
            print("  restarted, with a hundredth of the events new")
        for peer, action in streaming:
            if peer != DRAIN[0]:
                took = self.attempt(peer, action, Question(self.end, topic, self.first, folder), self.ordered)
                self.restarts.setdefault(peer, []).append(took)
        for peer, action in rotated(present(FROM_FILES), number):
            took = self.attempt(peer, action, Question(self.end, topic, self.ordered, folder), self.ordered)
            self.took.setdefault(peer, []).append(took)
        shutil.rmtree(folder)

    def table(self, title, peers, events):
        """Medians, and the medians of each round's ratios to the first peer, as README shows them."""
        first = self.took.get(peers[0][0], [])
        columns = ["right", "events/s", "CPU s a million", "peak MB", "restart s", "time", "CPU", "memory"]
        print(f"\n| {title} | " + " | ".join(columns) + " |")
        print("|---|" + "---|" * len(columns))
        for peer, _ in peers:
            rounds = [(took, base) for took, base in zip(self.took.get(peer, []), first) if took and base]
            cells = [self.rightness(peer), *self.figures(peer, rounds, events)] if rounds else ["failed"]
            print(f"| {peer} | " + " | ".join(cells) + " |")

    def rightness(self, peer):
        if peer == DRAIN[0]:
            return ""
        return "no" if peer in self.wrong else "yes"

    def figures(self, peer, rounds, events):
        def median(value):
            return statistics.median(value(took) for took, _ in rounds)

        def ratio(value):
            return f"{statistics.median(value(took) / value(base) for took, base in rounds):.2f}"

        restarts = [took.seconds for took in self.restarts.get(peer, []) if took]
        return [
            f"{events / median(lambda took: took.seconds):.0f}",
            f"{median(lambda took: took.cpu) * 1e6 / events:.2f}",
            f"{median(lambda took: took.peak_mb):.0f}",
            f"{statistics.median(restarts):.1f}" if restarts else "",
            ratio(lambda took: took.seconds),
            ratio(lambda took: took.cpu),
            ratio(lambda took: took.peak_mb),
        ]


def present(peers):
    return [(name, action) for name, needs, action in peers if found(needs)]


def rotated(items, by):
    """Another peer begins in each round."""
    by %= len(items) or 1
    return items[by:] + items[:by]


def difference(exact, answer):
    """How many teams have a wrong answer, and the first of them with both answers. None if all are right."""
    expected, given = by_team(exact), by_team(answer)
    teams = sorted({*expected, *given})
    wrong = [team for team in teams if not is_right(expected.get(team), given.get(team))]
    if not wrong:
        return None
    team = wrong[0]
    both = f"{described(given.get(team))}; exact: {described(expected.get(team))}"
    return f"{len(wrong)} of {len(expected)} teams are wrong; {team}: {both}"


def by_team(answer):
    lines = (line.split("\t") for line in answer.splitlines())
    return {team: tuple(map(int, counts)) for team, *counts in lines}


def is_right(exact, given):
    if exact is None or given is None:
        return False
    quantiles = zip(exact[2:], given[2:], strict=True)
    is_near = all(abs(its - own) <= own * QUANTILE_TOLERANCE for own, its in quantiles)
    return exact[:2] == given[:2] and is_near


def described(counts):
    if counts is None:
        return "nothing"
    replies, within, *quantiles = counts
    median, p90 = (f"{wait / 3_600_000:.3f} h" for wait in quantiles)
    return f"{replies} replies, {within} within 4 h, median {median}, 90 % {p90}"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = (line.split(":")[1].strip() for line in file if line.startswith("model name"))
        model = next(models, "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, load before the start {load:.1f}"


def main():
    comparison = Comparison(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    machine_text = machine()
    comparison.make_events()
    try:
        comparison.check_disordered()
        for number in range(comparison.rounds):
            comparison.run_round(number)
    finally:
        comparison.topics("--delete", "--topic", f"{comparison.name}-.*")
    print(f"\n{machine_text}\n{comparison.events} events of 30 teams; medians of {comparison.rounds} rounds")
    print("The broker shares the cores. Times begin with the start of a process. Last come the ratios.")
    if comparison.from_kafka:
        comparison.table("from a topic", comparison.from_kafka + comparison.drain, comparison.first_events)
    comparison.table("from a file", present(FROM_FILES), comparison.events)
    for peer, reasons in comparison.wrong.items():
        for reason in reasons:
            print(f"WRONG  {peer}, {reason}")
    sys.exit(1 if comparison.wrong else 0)


main()
