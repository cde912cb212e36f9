"""Draws growth.svg of what the bench `growth` wrote: plots.py ROWS.json PICTURE.svg

One panel for each axis. Figures are ratios to the middle point, which all panels share.
"""

import json
import logging
import sys

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

# The picture has no background. These colours can be read on white and on black.
GREY = "#7d8590"
LINES = [
    ("ns_per_event", "CPU for an event", "#2f81f7", "o"),
    ("bytes_per_ticket", "memory for a ticket", "#d9730d", "s"),
    ("view_ms", "CPU for a view of all teams", "#8e6fd8", "^"),
]
RATIOS = [1 / 16, 1 / 4, 1, 4, 16, 64]
PIXELS = (800, 500)
# A picture has 72 pixels an inch.
INCH = 72

STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 11,
    "legend.labelcolor": GREY,
    "svg.fonttype": "none",
    # The same rows give the same bytes.
    "svg.hashsalt": "growth",
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}


def short(number, _=None):
    """1000000 as 1M, 2000 as 2k."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"


def ratio(number, _=None):
    return f"{number:g}×" if number >= 1 else f"1/{1 / number:.0f}×"


def title(rows):
    axis, unit = rows[0]["axis"], rows[0]["unit"]
    return axis if axis == unit else f"{axis} ({unit})"


def place(rows):
    """Where the points are on the axis, and whether it has numbers."""
    is_number = all(row["x"] is not None for row in rows)
    return ([row["x"] for row in rows] if is_number else list(range(len(rows)))), is_number


def draw(axes, rows):
    xs, is_number = place(rows)
    for figure, _, colour, marker in LINES:
        ys = [row["ratio"][figure] for row in rows]
        axes.plot(xs, ys, color=colour, marker=marker, markersize=4.5, linewidth=1.6, clip_on=False)
    axes.set_title(title(rows), fontsize=11.5)
    axes.set_yscale("log")
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.7)
    axes.axhline(1, color=GREY, linewidth=0.8)
    if is_number:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(short))
        axes.xaxis.set_major_locator(FixedLocator(xs))
    else:
        axes.set_xticks(xs, [row["label"].replace(" by ", "\n") for row in rows], fontsize=9.5)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(length=3)


def middle(rows):
    """The point that all axes share, in words."""
    case = next(row["case"] for row in rows if row["axis"] == "teams" and row["ratio"]["view_ms"] == 1)
    return (
        f"1× is {case['tickets']:,} tickets of {case['teams']} teams, {case['events_per_ticket']} events a ticket, "
        f"{case['late_percent']} % of them late by up to {case['late_days']} d,\n"
        f"windows of {case['window_days']} d, {case['partitions']} partitions"
    )


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)
    # The fonts after the first are for the reader of the picture.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    mpl.rcParams.update(STYLE)
    panels = list(dict.fromkeys(row["axis"] for row in rows))
    figure, grid = plt.subplots(2, 3, sharey=True, figsize=[pixels / INCH for pixels in PIXELS], dpi=INCH)
    for axes, axis in zip(grid.flat, panels, strict=True):
        draw(axes, [row for row in rows if row["axis"] == axis])
    for axes in grid[:, 0]:
        axes.set_ylabel("ratio to the middle point")
    ratios = [row["ratio"][name] for row in rows for name, *_ in LINES]
    axes.set_ylim(min(ratios) / 1.3, max(ratios) * 1.3)
    axes.yaxis.set_major_locator(FixedLocator(RATIOS))
    axes.yaxis.set_major_formatter(FuncFormatter(ratio))
    axes.yaxis.set_minor_locator(NullLocator())
    names = [name for _, name, *_ in LINES]
    figure.legend(grid[0, 0].lines[: len(names)], names, loc="upper center", ncols=len(names), frameon=False)
    figure.text(0.5, 0.012, middle(rows), ha="center", fontsize=10)
    figure.subplots_adjust(left=0.075, right=0.985, top=0.87, bottom=0.16, wspace=0.1, hspace=0.42)
    figure.savefig(sys.argv[2], transparent=True, metadata={"Date": None})


main()
