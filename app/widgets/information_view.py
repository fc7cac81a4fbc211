"""Which angles carry the information on a parameter: choice, chart and words."""

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from app.documents.angle_bars import AngleBars, angle_bars
from app.theme import Theme, current_theme
from app.widgets.form import Choice, label_for
from app.widgets.information_chart import InformationChart, angle_text, light_colour
from app.widgets.rich_text import tinted
from app.widgets.text_label import TextLabel
from engine.degeneracy import AngleInformation

_FIRST_CHOICE = "gamma_dot_t0"
_READOUT_LINES = 3
"""What is read off never needs more; the panel is not to move under the mouse."""


class InformationView(QWidget):
    """A chart for the parameter chosen, with a legend and what is read off it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current_theme()
        self._phi: tuple[float, ...] = ()
        self._information: dict[str, AngleInformation] = {}
        self._symbols: Mapping[str, str] = {}
        self._bars = AngleBars((), (), (), 0.0)
        self.choice = Choice("Parameter of the chart", {})
        self.choice.setToolTip("Parameter whose information is shown")
        self.choice.chosen.connect(lambda _: self._show())
        self.chart = InformationChart()
        self.chart.pointed.connect(self._read_off)
        self._legend = _text("Legend of the chart")
        self._readout = _text("What the chart shows")
        self._readout.setMinimumHeight(
            _READOUT_LINES * self._readout.fontMetrics().lineSpacing()
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        row = QFormLayout()
        row.addRow(label_for("&Parameter", self.choice), self.choice)
        layout.addLayout(row)
        layout.addWidget(self.chart)
        layout.addWidget(self._legend)
        layout.addWidget(self._readout)

    @property
    def readout(self) -> str:
        """What is said now, in words."""
        return self._readout.text()

    def set_information(
        self,
        phi: tuple[float, ...],
        information: tuple[AngleInformation, ...],
        symbols: Mapping[str, str],
    ) -> None:
        """Show another fit; the parameter stays chosen, where it has it too.

        Parameters
        ----------
        phi
            The fitted angles [deg].
        """
        before = self.choice.value
        self._phi, self._symbols = phi, symbols
        self._information = {i.name: i for i in information}
        names = tuple(self._information)
        self.choice.set_texts({name: symbols.get(name, name) for name in names})
        wanted = (before, _FIRST_CHOICE, *names)
        chosen = next((name for name in wanted if name in names), None)
        self.choice.set_value(chosen)
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.chart.apply_theme(theme)
        self._show_legend()

    def _show(self) -> None:
        information = self._information.get(self.choice.value)
        if information is None:
            return
        self._bars = angle_bars(self._phi, information)
        self.chart.set_bars(self._bars)
        self.chart.setAccessibleDescription(spoken_bars(self._bars, self._symbol))
        self._show_legend()
        self._read_off(self.chart.current)

    @property
    def _symbol(self) -> str:
        name = self.choice.value
        return self._symbols.get(name, str(name))

    def _show_legend(self) -> None:
        self._legend.setText(legend_html(self._symbol, self._theme))

    def _read_off(self, index: int) -> None:
        text = summary(self._bars, self._symbol)
        if index >= 0:
            text = reading(self._bars, index, self._symbol)
        self.chart.setToolTip(text if index >= 0 else "")
        self._readout.setText(escape(text))


def legend_html(symbol: str, theme: Theme) -> str:
    """Return what the bars stand for."""
    entries = (
        (theme.accent, f"share of the angle in what is told about {symbol}"),
        (theme.model, "kept with a contrast and offset of its own"),
        (light_colour(theme), "absorbed by these"),
    )
    return "<br>".join(f"{tinted('■', c)} {escape(text)}" for c, text in entries)


def summary(bars: AngleBars, symbol: str) -> str:
    """Return in one or two sentences what the chart shows."""
    if not bars.phi:
        return ""
    order = sorted(range(len(bars.phi)), key=lambda i: -bars.share[i])
    best = [f"{angle_text(bars.phi[i])}° ({_percent(bars.share[i])})" for i in order]
    most = f"{symbol} is determined most by φ = {best[0]}"
    if len(best) > 1:
        most += f", then {best[1]}"
    lost = _percent(100.0 - bars.kept_in_all)
    return f"{most}. All else known, scalings of their own would absorb {lost}."


def reading(bars: AngleBars, index: int, symbol: str) -> str:
    """Return what one angle tells."""
    return (
        f"φ = {angle_text(bars.phi[index])}°: {_percent(bars.share[index])} of what "
        f"this fit tells about {symbol}. All else known, a contrast and an offset of "
        f"its own would absorb {_percent(100.0 - bars.kept[index])}."
    )


def spoken_bars(bars: AngleBars, symbol: str) -> str:
    """Return the whole chart as text."""
    angles = (
        f"{angle_text(phi)}°: {_percent(share)}, {_percent(100.0 - kept)} absorbed"
        for phi, share, kept in zip(bars.phi, bars.share, bars.kept, strict=True)
    )
    return f"{summary(bars, symbol)} {'; '.join(angles)}."


def _text(name: str) -> TextLabel:
    label = TextLabel()
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    return label


def _percent(value: float) -> str:
    if 0 < value < 0.1:
        return "less than 0.1 %"
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"
