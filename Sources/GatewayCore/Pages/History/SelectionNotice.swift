import Analyses
import Hummingbird
import Reports

/// What was done to photos that a person chose; it travels in the address of the page that says so.
struct SelectionNotice: Sendable, CustomStringConvertible {
    enum Deed: String, Sendable {
        case delete, retry, cancel, tag, untag
        /// In the bin.
        case restore, purge
    }

    let deed: Deed
    let count: Int
    /// How many were left as they are.
    let rest: Int

    var text: String { "\(deed.rawValue)-\(count)" + (rest > 0 ? "-\(rest)" : "") }

    init(_ deed: Deed, count: Int, rest: Int = 0) {
        self.deed = deed
        self.count = count
        self.rest = rest
    }

    /// What the page's address says was done.
    static func asked(by request: Request) -> SelectionNotice? {
        request.query["done"].flatMap(SelectionNotice.init(text:))
    }

    init?(text: String) {
        let parts = text.split(separator: "-")
        let numbers = parts.dropFirst().compactMap { Int($0) }
        guard let deed = parts.first.flatMap({ Deed(rawValue: String($0)) }), (1...2).contains(numbers.count),
            numbers.count == parts.count - 1, numbers.allSatisfy((0...AnalysisStore.mostEmptied).contains)
        else { return nil }
        self.init(deed, count: numbers[0], rest: numbers.count > 1 ? numbers[1] : 0)
    }

    var description: String {
        let many = Words.count(count, "analysis", "analyses")
        let photos = Words.count(count, "photo")
        switch deed {
        case .delete: return count == 0 ? "Nothing was chosen, so nothing was deleted." : "\(photos) deleted."
        case .retry: return count == 0 ? "None of them had failed or been cancelled." : "\(many) tried again.\(noRoom)"
        case .cancel: return count == 0 ? "Nothing was cancelled: it had ended already." : "\(many) cancelled."
        case .tag: return tagged
        case .untag: return count == 0 ? "None of them had such a tag." : "Tags taken from \(photos)."
        case .restore: return count == 0 ? "Nothing was put back: it is not in the bin." : "\(photos) put back."
        case .purge: return count == 0 ? "Nothing was chosen, so nothing was deleted." : "\(photos) deleted for good."
        }
    }

    private var noRoom: String {
        rest == 0 ? "" : " For \(Words.grouped(rest)) there is no room in the queue yet: try again later."
    }

    private var tagged: String {
        let full =
            rest == 0
            ? ""
            : "\(Words.count(rest, "photo")) would have more than \(AnalysisInformation.maxTags) tags and stayed as before."
        if count == 0 { return full.isEmpty ? "None of them lacked these tags." : full }
        return "\(Words.count(count, "photo")) tagged." + (full.isEmpty ? "" : " \(full)")
    }
}
