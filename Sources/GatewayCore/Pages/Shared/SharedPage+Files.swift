import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Sharing

/// What belongs to a shared result besides its page.
extension SharedPage {
    /// Answers for an analysis that the link shares.
    private typealias Answer =
        @Sendable (
            _ id: UUID, _ opened: Opened, _ request: Request, _ context: GatewayContext
        ) async throws -> Response

    /// How long a visitor waits for a picture, and holds a place that others of the same link wait for.
    private static let drawingSeconds = 10

    /// What all that a link shows is saved from, under its address.
    static let allFile = "/all.json"

    func addFiles(to router: Router<GatewayContext>) {
        func file(_ path: String, _ answer: @escaping Answer) {
            router.get(RouterPath("/s/{token}/{id}\(path)")) { request, context in
                guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.shareUnknown }
                do {
                    return try await answer(id, open(request, context, member: id), request, context)
                } catch is PasswordNeeded {
                    throw RequestFailure.sharePassword
                }
            }
        }
        file(".json", document)
        file(".pdf") { id, opened, _, _ in
            try await heavily(opened) { try await ReportRoutes.pdf(of: analysis(id, opened), analyses, printer) }
        }
        for kind in PreviewKind.allCases {
            file("/\(kind.rawValue).jpg") { id, opened, _, _ in
                guard let jpeg = try await analyses.preview(id, owner: opened.share.owner, kind: kind) else {
                    throw RequestFailure.shareUnknown
                }
                return Self.answer("image/jpeg", jpeg)
            }
        }
        let drawn = DrawnPictureRoutes(database: analyses.database, changes: changes)
        file("/annotated.jpg") { id, opened, request, _ in
            try await heavily(opened) {
                let jpeg = try await drawn.annotated(of: id, owner: opened.share.owner, wait: Self.drawingSeconds)
                let name = "mien-\(id.lower.prefix(8)).jpg"
                return Self.answer(
                    "image/jpeg", jpeg,
                    request.query["download"] == nil
                        ? [:] : [.contentDisposition: "attachment; filename=\"\(name)\""])
            }
        }
        file("/faces/{number}/why.png") { id, opened, _, context in
            let number = context.parameters.get("number", as: Int.self)
            guard let map = try await analysis(id, opened).faces.first(where: { $0.number == number })?.activation
            else {
                throw RequestFailure.shareUnknown
            }
            return Self.answer("image/png", try FacePicture.png(of: map))
        }
        file("/photo", original)
        // The pass is a cookie of the link's address and what is under it: no browser sends it to the second, the former one,
        // which programs may know.
        for path in ["/s/{token}\(Self.allFile)", "/s/{token}.json"] {
            router.get(RouterPath(path)) { request, context in
                do {
                    let opened = try await open(request, context)
                    guard let id = opened.share.subject.analysis else {
                        return try await heavily(opened) { try await documents(opened) }
                    }
                    return try await document(id, opened, request, context)
                } catch is PasswordNeeded {
                    throw RequestFailure.sharePassword
                }
            }
        }
    }

    /// Does what takes a while, a few times at once by one link.
    private func heavily(_ opened: Opened, _ answer: () async throws -> Response) async throws -> Response {
        guard let lease = heavy.enter(opened.share.id) else { throw RequestFailure.shareBusy }
        defer { withExtendedLifetime(lease) {} }
        return try await answer()
    }

    private static func answer(_ type: String, _ bytes: [UInt8], _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// As it is shared.
    private func analysis(_ id: UUID, _ opened: Opened) async throws -> Analysis {
        guard let analysis = try await analyses.find(id, owner: opened.share.owner) else {
            throw RequestFailure.shareUnknown
        }
        return analysis.shared(opened.share.information)
    }

    /// As the owner's, with `?wait=SECONDS` for the page that waits for it.
    @Sendable private func document(
        _ id: UUID, _ opened: Opened, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let share = opened.share
        return try await AnalysisRoutes.document(of: id, request, context, changes: changes) {
            guard let analysis = try await analyses.find(id, owner: share.owner) else { return nil }
            return (analysis.shared(share.information), nil)
        }
    }

    /// The photo as it was sent, where its owner offers it. It is saved and not shown: it is what somebody sent.
    @Sendable private func original(
        _ id: UUID, _ opened: Opened, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard opened.share.givesOriginal, let (type, bytes) = try await analyses.photo(id, owner: opened.share.owner)
        else { throw RequestFailure.shareUnknown }
        let ending = type.split(separator: "/").last.map { $0 == "jpeg" ? "jpg" : String($0) } ?? "bin"
        return Self.answer(
            type, bytes,
            [.contentDisposition: "attachment; filename=\"mien-\(id.lower.prefix(8))-original.\(ending)\""])
    }

    /// All photos of a shared batch.
    private func documents(_ opened: Opened) async throws -> Response {
        guard let id = opened.share.subject.batch,
            let batch = try await analyses.batch(id, owner: opened.share.owner)
        else { throw RequestFailure.shareUnknown }
        return try APIAnswer.json(APIRoutes.BatchDocument(batch.shared(opened.share.information)))
    }
}
