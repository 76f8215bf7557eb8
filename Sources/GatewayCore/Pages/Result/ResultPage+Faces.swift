import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Reports

/// What a person says of a face.
struct CorrectionForm: CSRFForm {
    let csrf_token: String?
    let look: String?
    let may_train: String?
    /// `withdraw` for taking back what was said.
    let deed: String?
}

/// A face that the model missed, as a person marks it: in percent of the picture.
struct MarkForm: CSRFForm, Sendable {
    var csrf_token: String?
    var left: String?
    var top: String?
    var width: String?
    var height: String?
    var look: String?
    var may_train: String?

    var said: SaidLook? { look.flatMap(SaidLook.init(rawValue:)).flatMap { $0 == .notAFace ? nil : $0 } }

    /// Where it lies in a picture of a size; nil unless all four are numbers.
    func box(in size: (width: Double, height: Double)) -> FaceResult.Box? {
        let parts = [left, top, width, height].compactMap { text in
            // With a comma too, as many people write decimals.
            text.flatMap { Double($0.replacing(",", with: ".").trimmingCharacters(in: .whitespaces)) }
        }
        guard parts.count == 4, parts.allSatisfy({ (0...100).contains($0) }) else { return nil }
        func part(_ index: Int, of whole: Double) -> Double { parts[index] / 100 * whole }
        let (x, y) = (part(0, of: size.width), part(1, of: size.height))
        // What rounding adds at the edge is no reason to refuse it.
        return FaceResult.Box(
            x: x, y: y, width: min(part(2, of: size.width), size.width - x),
            height: min(part(3, of: size.height), size.height - y))
    }
}

extension ResultPage {
    func addFaces(to router: Router<GatewayContext>) {
        router.post("/analyses/:id/faces/:number/correction") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(CorrectionForm.self, request, context)
            return try await correct(form, context, of: user)
        }
        router.post("/analyses/:id/faces") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(MarkForm.self, request, context)
            return try await mark(form, context, of: user)
        }
    }

    /// The form that the address asks for.
    func faceForm(_ request: Request) -> FaceForm? {
        if let number = request.query["correct"].flatMap({ Int($0) }) { return .correcting(number: number) }
        if let number = request.query["why"].flatMap({ Int($0) }) { return .explaining(number: number) }
        return request.query["mark"] == nil ? nil : .marking()
    }

    private func correct(_ form: CorrectionForm, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let number = context.parameters.get("number", as: Int.self) else { throw RequestFailure.notFound }
        let analysis = try await analysis(context, of: user)
        if form.deed == "withdraw" {
            _ = try await analyses.withdrawCorrection(analysis.id, face: number, owner: user.id)
        } else {
            guard let look = form.look.flatMap(SaidLook.init(rawValue:)) else {
                return try await resultPage(
                    analysis, context, faceForm: .correcting(number: number, problem: "Choose how it appears."),
                    status: .unprocessableContent)
            }
            _ = try await analyses.correct(
                analysis.id, face: number, as: look, mayTrain: form.may_train != nil, owner: user.id)
        }
        return Response.redirect(to: "/analyses/\(analysis.id.lower)#face-\(number)", type: .normal)
    }

    private func mark(_ form: MarkForm, _ context: GatewayContext, of user: User) async throws -> Response {
        let analysis = try await analysis(context, of: user)
        func refused(_ problem: String) async throws -> Response {
            try await resultPage(
                analysis, context, faceForm: .marking(form, problem: problem), status: .unprocessableContent)
        }
        guard let box = form.box(in: analysis.shownSize) else {
            return try await refused("Draw a box around the face, or write four numbers from 0 to 100.")
        }
        guard let look = form.said else { return try await refused("Choose how it appears.") }
        do {
            let changed = try await analyses.markFace(
                analysis.id, analysis.kept(box), as: look, mayTrain: form.may_train != nil, owner: user.id)
            let number = changed.missed.last?.number ?? changed.faces.count
            return Response.redirect(to: "/analyses/\(analysis.id.lower)#face-\(number)", type: .normal)
        } catch CorrectionRefusal.isThere(let number) {
            return try await refused("Face \(number) is there already: correct that one.")
        } catch CorrectionRefusal.outside {
            return try await refused("The box is too small, or does not lie within the photo.")
        }
    }
}
