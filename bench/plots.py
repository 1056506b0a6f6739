"""The plots of the reports as SVG, the same bytes for the same figures."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
from bench.figures import Plot
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

FOLDER = Path(__file__).parent
SIZE_INCHES = (8, 4.5)


def draw(plots: Iterable[Plot]) -> None:
    """Write each to a file of its name beside the scripts."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "orderguard"
    for plot in plots:
        figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
        for line in plot.lines:
            style = "--" if line.is_dashed else "-"
            colour = f"C{line.colour}"
            axes.plot(line.x, line.y, style, color=colour, marker="o", ms=3, label=line.name)
        axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label, xscale="log")
        points = sorted({x for line in plot.lines for x in line.x})
        axes.set_xticks(points, [f"{point:,.0f}" for point in points])
        axes.minorticks_off()
        if plot.is_logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        else:
            axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.25)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        figure.savefig(FOLDER / f"{plot.name}.svg", metadata={"Date": None})
        plt.close(figure)
