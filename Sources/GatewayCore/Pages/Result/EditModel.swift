import Analyses

/// The form in which the information is changed.
struct EditModel: Sendable {
    /// What is wrong with a field, with the way to it.
    struct Problem: Sendable {
        /// "#edit-tags"
        let address: String
        /// "Tags: A tag may have at most 40 characters."
        let text: String
    }

    let title: String
    let subject: String
    let notes: String
    let tags: String
    let takenAt: String
    let titleError: String?
    let subjectError: String?
    let notesError: String?
    let tagsError: String?
    let takenAtError: String?
    let problems: [Problem]
    let hasProblems: Bool
    /// What the form showed at first, by which is known what was changed in it.
    let shown: String

    /// - Parameter shown: what came with a form that is shown again.
    init(
        _ about: AnalysisInformation, takenAt: String? = nil, problems: [String: String] = [:], shown: String? = nil
    ) {
        title = about.title
        subject = about.subject
        notes = about.notes
        tags = about.tags.joined(separator: ", ")
        self.takenAt = takenAt ?? about.takenAt ?? ""
        titleError = problems["title"]
        subjectError = problems["subject"]
        notesError = problems["notes"]
        tagsError = problems["tags"]
        takenAtError = problems["taken_at"]
        self.problems = FieldWords.order.compactMap { field in
            problems[field].map { Problem(address: "#edit-\(field)", text: "\(FieldWords.label(field)): \($0)") }
        }
        hasProblems = !problems.isEmpty
        let texts = about.texts
        self.shown = shown ?? ShownInformation.mark { texts[$0] ?? "" }
    }
}
