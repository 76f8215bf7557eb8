import Hummingbird
import Reports

/// What was done to the chosen analyses; it travels in the address of the page that says so.
struct SelectionNotice: Sendable, CustomStringConvertible {
    let action: HistoryPage.SelectionForm.Action
    let count: Int

    var text: String { "\(action.rawValue)-\(count)" }

    init(action: HistoryPage.SelectionForm.Action, count: Int) {
        self.action = action
        self.count = count
    }

    /// What the page's address says was done.
    static func asked(by request: Request) -> SelectionNotice? {
        request.query["done"].flatMap(SelectionNotice.init(text:))
    }

    init?(text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let action = HistoryPage.SelectionForm.Action(rawValue: String(parts[0])),
            let count = Int(parts[1]), (0...ReportRoutes.maxSelected).contains(count)
        else { return nil }
        self.init(action: action, count: count)
    }

    var description: String {
        let many = Words.count(count, "analysis", "analyses")
        switch action {
        case .delete: return count == 0 ? "Nothing was chosen, so nothing was deleted." : "\(many) deleted."
        case .retry: return count == 0 ? "None of them had failed or been cancelled." : "\(many) tried again."
        case .cancel: return count == 0 ? "Nothing was cancelled: it had ended already." : "\(many) cancelled."
        case .csv, .zip: return ""
        }
    }
}
