import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Reports

/// What people say of faces, beside what the model answered.
extension APIRoutes {
    func addCorrections(to api: RouterGroup<GatewayContext>) {
        api.put("/analyses/{id}/faces/{number}/correction") { try await correct(asked($0, $1)) }
        api.delete("/analyses/{id}/faces/{number}/correction") { try await withdraw(asked($0, $1)) }
        api.post("/analyses/{id}/faces") { try await mark(asked($0, $1)) }
    }

    private func correct(_ asked: APIRequest) async throws -> Response {
        let (user, id, number) = (try asked.user, try asked.id, try asked.faceNumber)
        var fields = try await asked.json()
        let said = fields.said(SaidLook.allCases)
        fields.end()
        guard fields.problems.isEmpty, let look = said.look else { throw RequestFailure.badFields(fields.problems) }
        return try document(
            try await analyses.correct(id, face: number, as: look, mayTrain: said.mayTrain, owner: user.id))
    }

    private func withdraw(_ asked: APIRequest) async throws -> Response {
        let (user, id, number) = (try asked.user, try asked.id, try asked.faceNumber)
        return try document(try await analyses.withdrawCorrection(id, face: number, owner: user.id))
    }

    private func mark(_ asked: APIRequest) async throws -> Response {
        let (user, id) = (try asked.user, try asked.id)
        var fields = try await asked.json()
        let said = fields.said(SaidLook.allCases.filter { $0 != .notAFace })
        let box = fields.box("box")
        fields.end()
        guard fields.problems.isEmpty, let look = said.look, let box else {
            throw RequestFailure.badFields(fields.problems)
        }
        let analysis = try await analyses.markFace(id, box, as: look, mayTrain: said.mayTrain, owner: user.id)
        return try document(analysis, .created)
    }

    private func document(_ analysis: Analysis, _ status: HTTPResponse.Status = .ok) throws -> Response {
        try APIAnswer.json(AnalysisDocument(analysis, placeInQueue: nil), status: status)
    }
}

extension APIRequest {
    /// The face that the path names.
    fileprivate var faceNumber: Int {
        get throws {
            guard let number = context.parameters.get("number", as: Int.self) else { throw RequestFailure.notFound }
            return number
        }
    }
}

extension JSONFields {
    /// How a face appears to the person, and whether it may be used to improve the model; nobody agrees by silence.
    fileprivate mutating func said(_ looks: [SaidLook]) -> (look: SaidLook?, mayTrain: Bool) {
        let text = text("look")
        let look = text.flatMap(SaidLook.init(rawValue:)).flatMap { looks.contains($0) ? $0 : nil }
        if look == nil, problems["look"] == nil {
            refuse("look", "It takes \(looks.map(\.rawValue).joined(separator: ", ")).")
        }
        return (look, flag("may_train") ?? false)
    }

    /// A rectangle in pixels.
    fileprivate mutating func box(_ name: String) -> FaceResult.Box? {
        guard var sides = object(name) else {
            if problems[name] == nil { refuse(name, "It takes x, y, width and height in pixels of the photo.") }
            return nil
        }
        let numbers = ["x", "y", "width", "height"].map { side in
            let number = sides.decimal(side)
            if number == nil, sides.problems[side] == nil { sides.refuse(side, "It takes a number.") }
            return number ?? 0
        }
        sides.end()
        for (side, problem) in sides.problems { refuse("\(name).\(side)", problem) }
        guard sides.problems.isEmpty else { return nil }
        return FaceResult.Box(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }
}

extension RequestFailure {
    static func correction(_ refusal: CorrectionRefusal) -> RequestFailure {
        switch refusal {
        case .notFound: notFound
        case .notFinished:
            RequestFailure(
                status: .conflict, code: "not_finished", title: "There is no result yet",
                message: "Faces can be corrected once the analysis has finished. Nothing was changed.")
        case .isThere(let number):
            RequestFailure(
                status: .conflict, code: "face_is_there", title: "There is a face here already",
                message: "It is number \(number): correct that one. Nothing was changed.")
        case .outside(let width, let height):
            badFields([
                "box":
                    "It takes a rectangle of at least \(AnalysisStore.leastMissed) × \(AnalysisStore.leastMissed) pixels that lies within the photo’s \(width) × \(height)."
            ])
        case .tooMany:
            RequestFailure(
                status: .conflict, code: "too_many_faces", title: "That is one face too many",
                message: "At most \(AnalysisStore.mostMissed) faces of a photo can be marked by hand.")
        }
    }
}
