"""Fills figures.md with what the benches printed: figures.py FOLDER."""

import json
import re
import statistics
import sys
from pathlib import Path

# What no program could say about the same events, whatever is written in it.
NO_SERVICE = "opening hours, pauses, agreements, verdicts, alerts, pages"
CANNOT = {
    "vaste run": "answers questions about waiting only; one instance holds all partitions",
    "Kafka Streams": f"{NO_SERVICE}. It has no quantiles. Its windows only add, and drop events beyond their grace. "
    "A repeated event counts twice, unless one writes that",
    "Bytewax": f"{NO_SERVICE}. Its windows only add, and put late events aside. A repeated event counts twice, "
    "unless one writes that",
    "kcat: reads only": "everything: it is what reading alone takes",
    "vaste replay": "answers questions about waiting only",
    "DuckDB": f"answers when asked, and reads no topic. {NO_SERVICE[0].upper()}{NO_SERVICE[1:]}",
    "Python with orjson": "the same as DuckDB",
}


def cannot(peer):
    return next(text for name, text in CANNOT.items() if peer.startswith(name))


class Folder:
    def __init__(self, path):
        self.path = Path(path)

    def text(self, name):
        return (self.path / name).read_text(encoding="utf-8")

    def find(self, name, pattern):
        """All matches in what a bench printed; an error if there is none."""
        found = re.findall(pattern, self.text(name), re.MULTILINE)
        if not found:
            sys.exit(f"{name}: nothing like {pattern} was printed")
        return found


def peers(folder):
    """The tables of the comparison, each as a list of rows by column."""
    tables = []
    for line in folder.find("peers", r"^\| (.*) \|$"):
        cells = [cell.strip() for cell in line.split(" | ")]
        if cells[0].startswith("from a "):
            tables.append([])
            header = ["peer", *cells[1:]]
        else:
            tables[-1].append(dict(zip(header, cells, strict=True)))
    return tables


def table(title, rows):
    columns = ["right", "time", "CPU", "memory", "restart s"]
    if not any(row["restart s"] for row in rows):
        columns.pop()
    lines = [[title, *columns, "what it cannot express"], ["---"] * (len(columns) + 2)]
    lines += [[row["peer"], *(row[column] for column in columns), cannot(row["peer"])] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def count(number):
    """Three digits are enough: 1234567 as 1,230,000."""
    number = float(f"{number:.3g}")
    return f"{number:,.0f}" if number >= 100 else f"{number:g}"


def growth_values(rows):
    """The figures of the growth, and what follows for a thousand times more."""

    def points(axis):
        return [row for row in rows if row["axis"] == axis]

    def figure(row, name):
        return row["figures"][name]

    middle = points("teams")[1]
    most, teams, long = points("tickets")[-1], points("teams")[-1], points("events per ticket")[-1]
    short = points("events per ticket")[0]
    tickets, days = middle["case"]["tickets"], 28
    times = most["case"]["tickets"] / tickets
    per_second = figure(middle, "events") * 1000 / (days * 86_400)
    more_events = long["case"]["events_per_ticket"] - short["case"]["events_per_ticket"]
    per_event = (figure(long, "bytes_per_ticket") - figure(short, "bytes_per_ticket")) / more_events
    view_slope = (figure(most, "view_ms") - figure(middle, "view_ms")) / (times - 1)
    return {
        "middle_tickets": count(tickets),
        "middle_ns": count(figure(middle, "ns_per_event")),
        "middle_bytes": count(figure(middle, "bytes_per_ticket")),
        "middle_view_ms": count(figure(middle, "view_ms")),
        "most_times": count(times),
        "most_view_ms": count(figure(most, "view_ms")),
        "most_bytes": count(figure(most, "bytes_per_ticket")),
        "thousand_tickets": count(tickets * 1000),
        "thousand_gb": count(tickets * 1000 * figure(most, "bytes_per_ticket") / 1e9),
        "thousand_partitions": count(-(-tickets * 1000 // 8_000_000)),
        "thousand_events": count(per_second),
        "thousand_cpu": count(per_second * figure(most, "ns_per_event") / 1e7),
        "thousand_view_s": count(1000 * view_slope / 1000),
        "teams_view_ms": count(figure(teams, "view_ms")),
        "teams_bytes": count(figure(teams, "bytes_per_ticket")),
        "bytes_per_event": count(per_event),
        "late_ratio": count(points("late events")[-1]["ratio"]["ns_per_event"]),
    }


def main():
    folder = Folder(sys.argv[1])
    kafka, files = peers(folder)
    values = growth_values(json.loads(folder.text("growth.json")))
    restored = folder.find("restore", r"^restored and shown in (\d+) ms")
    events, teams, rounds = folder.find("peers", r"^(\d+) events of (\d+) teams; medians of (\d+) rounds")[0]
    memory = dict(folder.find("memory", r"events, (\d+) of ten open: (\d+) bytes"))
    values |= {
        "machine": folder.find("peers", r"^\d+ cores \(.*$")[0],
        "events": count(int(events)),
        "teams": teams,
        "rounds": rounds,
        "from_topic": table("from a topic", kafka),
        "from_file": table("from a file", files),
        "topic_rate": count(float(kafka[0]["events/s"])),
        "file_rate": count(float(files[0]["events/s"])),
        "memory_closed": memory["0"],
        "memory_open": memory["10"],
        "restored_tickets": count(int(folder.find("restore", r"^(\d+) tickets")[0])),
        "restore_s": count(statistics.median(map(int, restored)) / 1000),
    }
    print((Path(__file__).parent / "figures.md").read_text(encoding="utf-8").format_map(values), end="")


main()
