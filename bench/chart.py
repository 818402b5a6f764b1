"""Small line charts as SVG: panels in a grid, one colour a server."""
import html
import math

COLOURS = {"postrider": "#0b7a4b", "Dovecot": "#c4532f", "Courier": "#3a5aa8"}
WIDTH, HEIGHT = 300, 220  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 34  # around its plot


class Scale:
    """Places values of one axis between two ends of the picture."""

    def __init__(self, values, begin, end, logarithmic=True):
        self.begin, self.end = begin, end
        self.convert = math.log10 if logarithmic else float
        low, high = self.convert(min(values)), self.convert(max(values))
        if logarithmic:
            low, high = math.floor(low + 1e-9), math.ceil(high - 1e-9)
        self.low, self.high = low, max(high, low + 1e-9)
        self.ticks = [10.0 ** power for power in range(low, high + 1)] if logarithmic else \
            [low + (high - low) * part / 4 for part in range(5)]

    def place(self, value):
        return self.begin + (self.convert(value) - self.low) / (self.high - self.low) * (self.end - self.begin)


def panel(title, series, show_x, show_y, logarithmic_y=True):
    """series: {name: [(x, y), ...]}; x is logarithmic.  show_x, show_y: number -> text."""
    points = [point for line in series.values() for point in line]
    across = Scale([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Scale([y for _, y in points], HEIGHT - BOTTOM, TOP, logarithmic_y)
    out = [f'<text x="{LEFT}" y="18" font-weight="bold">{html.escape(title)}</text>']
    for tick in across.ticks:
        x = across.place(tick)
        out.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{show_x(tick)}</text>')
    for tick in up.ticks:
        y = up.place(tick)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{show_y(tick)}</text>')
    for name, line in series.items():
        places = [(across.place(x), up.place(y)) for x, y in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        if len(places) < 20:
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[name]}"/>' for x, y in places]
    return "\n".join(out)


def picture(panels, columns, names):
    """The whole SVG: panels row by row, below a legend."""
    rows = -(-len(panels) // columns)
    width, height, legend = columns * WIDTH, rows * HEIGHT + 30, []
    for place, name in enumerate(names):
        x = LEFT + place * 90
        legend.append(f'<path d="M{x} 15h22" stroke="{COLOURS[name]}" stroke-width="3"/>'
                      f'<text x="{x + 28}" y="19">{name}</text>')
    body = [f'<g transform="translate({at % columns * WIDTH} {at // columns * HEIGHT + 30})">{one}</g>'
            for at, one in enumerate(panels)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="11" fill="#222">\n<rect width="100%" height="100%" fill="#fff"/>\n' +
            "\n".join(legend + body) + "\n</svg>\n")
