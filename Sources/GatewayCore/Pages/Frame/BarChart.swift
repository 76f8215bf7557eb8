import Foundation
import Reports

/// Bars over time as SVG made on the server. Places are percents of the drawing, so text keeps its size on every screen.
struct BarChart: Sendable {
    /// One bar, of one or more parts on top of each other.
    struct Column: Sendable {
        /// Below the bar; empty for none.
        let label: String
        /// "March 2026: 12 finished, 1 failed", for the pointer.
        let tip: String
        /// From the bottom up, as many as the chart has kinds.
        let values: [Double]
    }

    struct Bar: Sendable {
        let x: String
        let y: String
        let width: String
        let height: String
        /// For its colour: the part's name.
        let kind: String
    }

    struct Group: Sendable {
        let tip: String
        let bars: [Bar]
        /// The whole column, so that the tip needs no aim.
        let x: String
        let width: String
    }

    struct Label: Sendable {
        let position: String
        let text: String
        /// Left out on narrow screens.
        let isMinor: Bool
    }

    /// A horizontal line with its value.
    struct Tick: Sendable {
        let y: String
        let text: String
    }

    let id: String
    let title: String
    let description: String
    let groups: [Group]
    let labels: [Label]
    let ticks: [Tick]

    /// Lays a chart out.
    /// - Parameters:
    ///   - id: of the figure's title and description in the page.
    ///   - kinds: a style name for each part of the columns.
    ///   - format: how the axis says a value.
    init(
        id: String, title: String, description: String, kinds: [String], columns: [Column],
        format: (Double) -> String = { Words.decimal($0) }
    ) {
        self.id = id
        self.title = title
        self.description = description
        let top = Self.roundTop(columns.map { $0.values.reduce(0, +) }.max() ?? 0)
        let slot = 100 / Double(max(1, columns.count))
        groups = columns.enumerated().map { index, column in
            let x = (Double(index) + 0.16) * slot
            var base = 100.0
            let bars = zip(kinds, column.values).compactMap { kind, value -> Bar? in
                guard value > 0 else { return nil }
                let height = value / top * 100
                base -= height
                return Bar(
                    x: Self.percent(x), y: Self.percent(base), width: Self.percent(slot * 0.68),
                    height: Self.percent(height), kind: kind)
            }
            return Group(
                tip: column.tip, bars: bars, x: Self.percent(Double(index) * slot), width: Self.percent(slot))
        }
        labels = columns.enumerated().compactMap { index, column in
            column.label.isEmpty
                ? nil
                : Label(
                    position: Self.percent((Double(index) + 0.5) * slot), text: column.label,
                    isMinor: columns.count > 8 && (columns.count - 1 - index) % 2 == 1)
        }
        ticks = [top, top / 2].map { Tick(y: Self.percent(100 - $0 / top * 100), text: format($0)) }
    }

    /// The next of 1, 2, 5, 10, 20, … that is not below a value, at least 2, so that half of it is whole.
    static func roundTop(_ value: Double) -> Double {
        guard value > 2 else { return 2 }
        let power = pow(10, floor(log10(value)))
        for step in [1.0, 2, 4, 6, 10] where value <= step * power { return step * power }
        return 10 * power
    }

    /// With a point, whatever the machine's language, as SVG needs it.
    static func percent(_ value: Double) -> String {
        "\((value * 100).rounded() / 100)%"
    }
}
