import Foundation
import HTTPTypes
import Hummingbird

extension NewPage: SubmissionPages {
    /// The form again, with what was written and what was wrong; photos have to be chosen anew, as browsers want it.
    func form(
        _ outcome: SubmissionOutcome?, notice: String?, status: HTTPResponse.Status, request: Request,
        context: GatewayContext
    ) async throws -> Response {
        var problems = notice.map { [UploadProblem(fileName: "", message: $0)] } ?? []
        var text = UploadForm()
        if let outcome {
            text = UploadForm(
                title: outcome.form.text("title"), subject: outcome.form.text("subject"),
                notes: outcome.form.text("notes"), tags: outcome.form.text("tags"),
                takenAt: outcome.form.text("taken_at"))
            problems += outcome.fieldProblems.sorted { $0.key < $1.key }.map {
                UploadProblem(fileName: "", message: "\(FieldWords.label($0.key)): \($0.value)")
            }
            problems += outcome.problems.map { UploadProblem(fileName: $0.fileName, message: $0.message) }
            if outcome.form.photos.isEmpty {
                problems.append(UploadProblem(fileName: "", message: "Choose at least one photo."))
            }
            if !outcome.accepted.isEmpty {
                let count = outcome.accepted.count
                problems.append(
                    UploadProblem(
                        fileName: "",
                        message: "\(count == 1 ? "One photo is" : "\(count) photos are") in; see the history."))
            }
        }
        return try await show(context, form: text, problems: problems, status: status)
    }
}
