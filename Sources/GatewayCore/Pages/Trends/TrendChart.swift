import Analyses
import Foundation
import Reports

/// Looks over time as stacked bars, SVG made on the server. Each look has a texture beside its colour, so that the bars are told
/// apart in grey and in forced colours; places are percents of the drawing, so text keeps its size on every screen.
struct TrendChart: Sendable {
    struct Part: Sendable {
        /// The number of the look's texture.
        let texture: Int
        let y: String
        let height: String
        /// The photos of that time that appear so; nil where the page would grow too large.
        let photos: String?
    }

    struct Bar: Sendable {
        let tip: String
        /// The photos of that time; nil where the page would grow too large.
        let address: String?
        /// The same, where the drawing leads there too.
        let slotAddress: String?
        /// The whole column, so that pointing needs no aim.
        let slotX: String
        let slotWidth: String
        let x: String
        let width: String
        let parts: [Part]
    }

    struct Label: Sendable {
        let position: String
        let text: String
        /// Left out on narrow screens.
        let isMinor: Bool
    }

    /// The word beside the last bar's part.
    struct End: Sendable {
        let y: String
        let word: String
    }

    struct Tick: Sendable {
        let y: String
        let text: String
    }

    let id: String
    let title: String
    let description: String
    let ticks: [Tick]
    let bars: [Bar]
    let labels: [Label]
    let ends: [End]
    /// Whether it has more bars than a phone's width has room for, so that it is scrolled there.
    let isWide: Bool

    /// What the links of one chart's looks, or of its table, may take of the page, in bytes, and those of the bars that are
    /// drawn in all charts, which the tables have too.
    private static let (roomForLooks, roomForBars) = (14_000, 6_000)

    /// - Parameters:
    ///   - looks: those that are shown, from the bottom up.
    ///   - top: the axis' greatest value, the same for charts that stand side by side; nil for shares, of which it is 1.
    ///   - charts: how many stand on the page.
    ///   - address: the photos of a time, those with a look or all.
    init(
        id: String, title: String, description: String, plan: TrendPlan, counts: [TrendCounts], looks: [String],
        top: Double?, mostLabels: Int = 10, of charts: Int = 1, address: (TrendSpan, String?) -> String
    ) {
        self.id = id
        self.title = title
        self.description = description
        let format: (Double) -> String = { top == nil ? Words.percent($0) : Words.decimal($0) }
        ticks = [1, 0.5].map { Tick(y: Self.percent(100 - $0 * 100), text: format($0 * (top ?? 1))) }
        let slot = 100 / Double(max(1, plan.bars.count))
        let length = plan.bars.first.map { address($0, looks.first).utf8.count } ?? 0
        let linksBars = plan.bars.count * length <= Self.roomForLooks
        let linksSlots = plan.bars.count * (length + 26) * charts <= Self.roomForBars
        let linksParts = plan.bars.count * looks.count * (length + 26) <= Self.roomForLooks
        bars = zip(plan.bars, counts).enumerated().map { index, bar in
            let (span, counts) = bar
            let left = Double(index) * slot
            let photos = linksBars ? address(span, looks.count == 1 ? looks[0] : nil) : nil
            return Bar(
                tip: Self.tip(span, plan.step, counts, looks), address: photos,
                slotAddress: linksSlots ? photos : nil,
                slotX: Self.percent(left), slotWidth: Self.percent(slot), x: Self.percent(left + slot * 0.1),
                width: Self.percent(slot * 0.8),
                parts: Self.parts(counts, looks, top) { linksParts ? address(span, $0) : nil })
        }
        let every = max(1, (plan.bars.count + mostLabels - 1) / mostLabels)
        labels = plan.bars.enumerated().compactMap { index, span in
            let back = plan.bars.count - 1 - index
            guard back % every == 0 else { return nil }
            return Label(
                position: Self.percent((Double(index) + 0.5) * slot), text: TrendWords.label(span, plan.step),
                isMinor: plan.bars.count > 6 && back / every % 2 == 1)
        }
        ends = Self.ends(counts, looks, top)
        isWide = plan.bars.count > 20
    }

    /// From the bottom up. A bar without a face is a gap.
    private static func parts(
        _ counts: TrendCounts, _ looks: [String], _ top: Double?, _ address: (String) -> String?
    ) -> [Part] {
        layout(counts, looks, top).map { look, y, height in
            Part(
                texture: texture(look), y: percent(y), height: percent(height), photos: address(look))
        }
    }

    private static func layout(
        _ counts: TrendCounts, _ looks: [String], _ top: Double?
    ) -> [(look: String, y: Double, height: Double)] {
        let all = top ?? Double(counts.faces)
        var base = 100.0
        return looks.compactMap { look in
            guard counts[look] > 0, all > 0 else { return nil }
            let height = Double(counts[look]) / all * 100
            base -= height
            return (look, base, height)
        }
    }

    /// Parts that are lower than a line of text have no word; the list of looks has them all.
    private static func ends(_ counts: [TrendCounts], _ looks: [String], _ top: Double?) -> [End] {
        guard let last = counts.last(where: { $0.faces > 0 }) else { return [] }
        return layout(last, looks, top).filter { $0.height >= 8 }.map {
            End(y: percent($0.y + $0.height / 2), word: LookCounts.word($0.look))
        }
    }

    /// Of the look in the page's list of textures.
    static func texture(_ look: String) -> Int { TrendQuery.looks.firstIndex(of: look) ?? 0 }

    private static func tip(
        _ span: TrendSpan, _ step: TrendQuery.Step, _ counts: TrendCounts, _ looks: [String]
    ) -> String {
        let name = TrendWords.span(span, step)
        guard counts.faces > 0 else { return "\(name): no faces" }
        let faces = Words.count(counts.faces, "face")
        return looks.count == 1
            ? "\(name): \(LookCounts.words((looks[0], counts[looks[0]]))) of \(faces)" : "\(name): \(faces)"
    }

    /// With a point, whatever the machine's language, as SVG needs it.
    private static func percent(_ value: Double) -> String { "\((value * 10).rounded() / 10)%" }
}
