/// What is done with a photo of which the person has sent the same bytes before.
package enum IfDuplicate: String, Sendable, CaseIterable {
    /// It is analysed like any other; its analysis names the first one.
    case analyse
    /// The earlier analysis is the answer and nothing new is made, unless that one failed or was cancelled.
    case returnEarlier = "return"

    /// The name of its field.
    package static let field = "if_duplicate"
}

/// What a person asks to be done with a photo, besides having it analysed.
package struct PhotoHandling: Sendable, Equatable {
    /// Whether the photo as it was sent stays once it is analysed. One that could not be analysed stays, to be tried again.
    package var keepsPhoto = true
    /// Days after its end, after which the analysis is deleted; nil for as long as the site keeps it.
    package var deleteAfterDays: Int?
    /// Seconds after which it is cancelled, unless it has ended by then; nil for never.
    package var cancelAfterSeconds: Int?

    package init() {}

    /// The names of its fields.
    package static let fields = ["keep_photo", "delete_after", "cancel_after"]
    static let days = 1...3_650
    static let seconds = 1...86_400

    /// Reads the fields of a form.
    ///
    /// - Parameter text: the trimmed value of a field, empty when there is none.
    /// - Returns: what was read, and by field what is wrong with it and what is accepted.
    package static func check(_ text: (String) -> String) -> (handling: PhotoHandling, problems: [String: String]) {
        var handling = PhotoHandling()
        var problems: [String: String] = [:]
        switch text("keep_photo") {
        case "", "true", "yes": break
        case "false", "no": handling.keepsPhoto = false
        default: problems["keep_photo"] = "It takes true or false."
        }
        func number(_ field: String, _ range: ClosedRange<Int>, _ unit: String) -> Int? {
            guard !text(field).isEmpty else { return nil }
            if let number = Int(text(field)), range.contains(number) { return number }
            problems[field] = "It takes a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)."
            return nil
        }
        handling.deleteAfterDays = number("delete_after", days, "days")
        handling.cancelAfterSeconds = number("cancel_after", seconds, "seconds")
        return (handling, problems)
    }
}
