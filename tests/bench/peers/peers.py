"""The peers: how each is started, and how its answer is read. Answers are lines as exact.py prints them.

What tests/bench/peers/run has found comes in PEERS_ variables; a peer whose variable is not set is left out.
"""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

from measure import Process, Took, run

HERE = Path(__file__).parent
WEEK = timedelta(days=7)
TEAMS = [f"team{number:02}" for number in range(30)]
WITHIN_S = 4 * 3600
AGREEMENT = """team: {}
objectives:
  - {{ name: first-reply, measure: first_reply, within: 4h }}
  - {{ name: nobody-forgotten, measure: first_reply, none_over: 5d }}
"""


def found(name):
    return os.environ.get(f"PEERS_{name}", "")


class Question:
    """Which replies count, and from where the peers read: a topic or a file of a stream."""

    def __init__(self, end, topic, file, folder):
        self.end, self.topic, self.file, self.folder = end, topic, file, folder
        self.begin = end - WEEK
        folder.mkdir(exist_ok=True)

    def log(self, name):
        return self.folder / f"{name}.log"

    def instants(self):
        return [at.isoformat().replace("+00:00", "Z") for at in (self.begin, self.end)]


def lines_of_readings(readings):
    """The answer of Vaste's readings, and where their window begins: that of a week, at a half hour."""
    lines, begin = [], None
    for reading in readings:
        is_asked = reading.get("window") == "7d" and reading.get("measure") == "first_reply"
        if is_asked and reading["team"] in TEAMS:
            begin = datetime.fromisoformat(reading["from"])
            within = next(level["met"] for level in reading["within"] if level["target"] == WITHIN_S)
            counts = (reading["answered"], within)
            waits = [round(reading["q"][share] * 1000) for share in ("0.5", "0.9")]
            lines.append("\t".join(map(str, (reading["team"], *counts, *waits))))
    return "\n".join(sorted(lines)) + "\n", begin


def vaste_config(question, port):
    """Writes agreements and the configuration, and returns its path."""
    agreements = question.folder / "agreements"
    agreements.mkdir(exist_ok=True)
    for team in TEAMS:
        (agreements / f"{team}.yaml").write_text(AGREEMENT.format(team))
    store = question.folder / "vaste"
    store.mkdir(mode=0o700, exist_ok=True)
    # The configuration must name a broker, although `replay` reads no topic.
    broker = found("BROKER") or "127.0.0.1:9092"
    kafka = {"brokers": [broker], "topic": question.topic, "group": f"{question.topic}-vaste"}
    kafka |= {"workers": os.cpu_count(), "properties": {"group.instance.id": "vaste-1"}}
    config = {"kafka": kafka, "agreements": [f"{agreements}/*.yaml"], "measures": []}
    config |= {"http": {"listen": f"127.0.0.1:{port}"}, "state": {"store": f"file://{store}"}}
    path = question.folder / "vaste.yaml"
    path.write_text(json.dumps(config))
    return path


def get(port, path):
    """What the service answers; None unless it is 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def vaste_service(question):
    """Runs the service until it is ready, and asks for its readings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [found("VASTE"), "run", "--config", vaste_config(question, port)]
    process = Process(command, question.log("vaste"))
    while get(port, "/-/ready") is None:
        if process.has_ended():
            raise process.failed("it ended before it was ready")
        time.sleep(0.02)
    seconds = time.monotonic() - process.began
    teams = [get(port, f"/api/v1/teams/{team}") for team in TEAMS]
    process.child.terminate()
    readings = (reading for team in teams if team for reading in json.loads(team)["readings"])
    answer, begin = lines_of_readings(readings)
    question.begin = begin or question.begin
    return process.end(answer, seconds)


def kafka_streams(question):
    state = question.folder / "streams"
    command = ["java", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", found("STREAMS")]
    command += ["FirstReplies", found("BROKER"), question.topic, f"{question.topic}-streams", state]
    command += [str(os.cpu_count()), *question.instants()]
    return run(command, question.log("streams"))


def bytewax(question):
    recovery = question.folder / "bytewax"
    python = found("PYTHON")
    if not recovery.exists():
        recovery.mkdir()
        # From one partition instead of 16, a restart took six times as long.
        run([python, "-m", "bytewax.recovery", recovery, "16"], question.log("bytewax"))
    begin, end = question.instants()
    variables = {"BROKER": found("BROKER"), "TOPIC": question.topic, "FROM": begin, "TO": end}
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    # Its snapshots are due as often as Vaste's checkpoints. A second worker thread made it slower.
    command = [python, "-m", "bytewax.run", "bytewax_flow:flow", "-r", recovery, "-s", "30", "-b", "0"]
    took = run(command, question.log("bytewax"), variables, HERE)
    return Took("".join(sorted(took.answer.splitlines(True))), took.seconds, took.cpu, took.peak_mb)


def kcat(question):
    """Reads the topic and prints one character for each record."""
    command = [found("KCAT"), "-C", "-b", found("BROKER"), "-t", question.topic]
    command += ["-o", "beginning", "-e", "-q", "-f", "."]
    return run(command, question.log("kcat"), until_exit=True)


def vaste_replay(question):
    config = vaste_config(question, 0)
    command = [found("VASTE"), "replay", "--config", config, "--at", question.instants()[1]]
    took = run([*command, "--format", "json", question.file], question.log("replay"))
    answer, begin = lines_of_readings(map(json.loads, took.answer.splitlines()))
    question.begin = begin or question.begin
    return Took(answer, took.seconds, took.cpu, took.peak_mb)


def duckdb(threads):
    def run_sql(question):
        command = [found("PYTHON"), HERE / "run_sql.py", question.file, *question.instants(), str(threads)]
        return run(command, question.log("duckdb"))

    return run_sql


def python(question):
    command = [found("PYTHON"), HERE / "exact.py", question.file, *question.instants()]
    return run(command, question.log("python"))


# Each with the variable that it needs. The first of a source is what the others are compared with.
FROM_KAFKA = [
    ("vaste run", "VASTE", vaste_service),
    ("Kafka Streams", "STREAMS", kafka_streams),
    ("Bytewax", "PYTHON", bytewax),
]
DRAIN = ("kcat: reads only", "KCAT", kcat)
FROM_FILES = [
    ("vaste replay", "VASTE", vaste_replay),
    ("DuckDB, 1 thread", "PYTHON", duckdb(1)),
    (f"DuckDB, {os.cpu_count()} threads", "PYTHON", duckdb(os.cpu_count())),
    ("Python with orjson", "PYTHON", python),
]
