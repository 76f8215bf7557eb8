import Analyses
import Reports

/// A chart's numbers as a table.
struct TrendTable: Sendable {
    struct Row: Sendable {
        let label: String
        /// The photos of that time; nil where the page would grow too large.
        let address: String?
        let photos: String
        let faces: String
        /// By look, as many as the table has columns.
        let cells: [String]
    }

    let columns: [String]
    let rows: [Row]

    init(_ chart: TrendChart, _ plan: TrendPlan, _ counts: [TrendCounts], _ looks: [String], isShare: Bool) {
        columns = looks.map(TrendWords.name)
        rows = zip(zip(plan.bars, chart.bars), counts).map { bar, counts in
            let cells = looks.map { look in
                guard counts.faces > 0 else { return "–" }
                return isShare
                    ? Words.percent(Double(counts[look]) / Double(counts.faces)) : Words.grouped(counts[look])
            }
            return Row(
                label: TrendWords.span(bar.0, plan.step), address: bar.1.address, photos: Words.grouped(counts.photos),
                faces: Words.grouped(counts.faces), cells: cells)
        }
    }

    /// The same of all looks as comma-separated values, each series after the other.
    static func csv(_ trend: Trend) -> String {
        let head =
            ["of", "from", "until", "photos", "photos_by_date_taken", "faces"]
            + TrendQuery.looks.map { $0 == LookCounts.unsure ? "not_sure" : $0 }
        let lines = trend.series.flatMap { series in
            zip(trend.plan.bars, series.bars).map { span, counts in
                [
                    series.topic.word, TrendCalendar.text(span.first), TrendCalendar.text(span.last),
                    "\(counts.photos)", "\(counts.photosByDateTaken)", "\(counts.faces)",
                ] + TrendQuery.looks.map { "\(counts[$0])" }
            }
        }
        // With a byte order mark, or spreadsheets take UTF-8 for something else.
        return "\u{FEFF}" + ([head] + lines).map(AnalysisTable.line).joined()
    }
}
