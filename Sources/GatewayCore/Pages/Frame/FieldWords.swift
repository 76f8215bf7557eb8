import Foundation

/// What the fields of the information are called.
enum FieldWords {
    /// As they stand in the form.
    static let order = ["title", "subject", "tags", "taken_at", "notes"]

    static func label(_ field: String) -> String {
        switch field {
        case "taken_at": "Taken at"
        case "subject": "Who or what is shown"
        case "acknowledged": "Responsible use"
        default: field.capitalized
        }
    }
}
