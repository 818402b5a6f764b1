"""Charts as SVG without any library: lines in panels, and bars of ratios. Readable on light and dark ground."""
import html
import math

COLOURS = {"postrider": "#12a066", "dovecot": "#d9643c", "courier": "#5b84d6", "cyrus": "#a86fc9"}
OTHER = "#888888"
WIDTH, HEIGHT = 300, 220  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 34  # around its plot
STYLE = """<style>
text { fill: #222; } .grid { stroke: #8885; } .axis { stroke: #888; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } }
</style>"""


class Scale:
    """Places values of one axis, in powers of ten, between two ends of the picture."""

    def __init__(self, values, begin, end):
        self.begin, self.end = begin, end
        low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
        self.low, self.high = low, max(high, low + 1)
        self.ticks = [10.0 ** power for power in range(self.low, self.high + 1)]

    def place(self, value):
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)


def picture(width, height, parts):
    """The whole SVG."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">', STYLE, *parts, "</svg>", ""])


def panel(title, series, show_x, show_y):
    """series: {name: [(x, y), ...]}, all above 0; both axes logarithmic.  show_x, show_y: number -> text."""
    points = [point for line in series.values() for point in line]
    across = Scale([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Scale([y for _, y in points], HEIGHT - BOTTOM, TOP)
    out = [f'<text x="{LEFT}" y="18" font-weight="bold">{html.escape(title)}</text>']
    for tick in across.ticks:
        x = across.place(tick)
        out.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
                   f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{show_x(tick)}</text>')
    for tick in up.ticks:
        y = up.place(tick)
        out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{show_y(tick)}</text>')
    for name, line in series.items():
        places = [(across.place(x), up.place(y)) for x, y in line]
        path, colour = "L".join(f"{x:.1f} {y:.1f}" for x, y in places), COLOURS.get(name, OTHER)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return "\n".join(out)


def panels(several, columns, names):
    """Panels row by row, below a legend of the names."""
    rows, legend = -(-len(several) // columns), []
    for place, name in enumerate(names):
        x = LEFT + place * 90
        legend.append(f'<path d="M{x} 15h22" stroke="{COLOURS.get(name, OTHER)}" stroke-width="3"/>'
                      f'<text x="{x + 28}" y="19">{html.escape(name)}</text>')
    body = [f'<g transform="translate({at % columns * WIDTH} {at // columns * HEIGHT + 30})">{one}</g>'
            for at, one in enumerate(several)]
    return picture(columns * WIDTH, rows * HEIGHT + 30, legend + body)


def bars(title, ratios, mark):
    """ratios: [(label, ratio above 0)]; a bar goes right of 1 where it is above.  mark: text below the line at 1."""
    label, width, step, top = 290, 760, 20, 34
    bottom = top + step * len(ratios)
    scale = Scale([1.0, *(ratio for _, ratio in ratios)], label, width - 50)
    one = scale.place(1.0)
    out = [f'<text x="8" y="18" font-weight="bold">{html.escape(title)}</text>']
    for tick in scale.ticks:
        x = scale.place(tick)
        out.append(f'<path class="grid" d="M{x:.1f} {top - 6}V{bottom}"/>'
                   f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}x</text>')
    for at, (name, ratio) in enumerate(ratios):
        y, x = top + at * step, scale.place(ratio)
        colour = COLOURS["postrider"] if ratio >= 1 else COLOURS["dovecot"]
        out.append(f'<text x="{label - 8}" y="{y + 11}" text-anchor="end">{html.escape(name)}</text>'
                   f'<rect x="{min(one, x):.1f}" y="{y + 1}" width="{max(1, abs(x - one)):.1f}" height="{step - 7}" '
                   f'fill="{colour}"/><text x="{max(one, x) + 4:.1f}" y="{y + 11}">{ratio:.1f}</text>')
    out.append(f'<path class="axis" d="M{one:.1f} {top - 6}V{bottom}"/>'
               f'<text x="{one:.1f}" y="{bottom + 30}" text-anchor="middle">{html.escape(mark)}</text>')
    return picture(width, bottom + 40, out)
