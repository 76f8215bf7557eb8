import Accounts
import Analyses
import Crypto
import Foundation
import Hummingbird
import Reports

/// An analysis for programs and for the page's script: its JSON, its pictures.
struct AnalysisRoutes: Sendable {
    let analyses: AnalysisStore
    let changes: AnalysisChanges

    /// Longest long poll, in seconds; below the idle time-outs of common reverse proxies.
    static let maxWait = 25

    func add(to router: some RouterMethods<GatewayContext>) {
        router.get("/analyses/{id}.json", use: document)
        router.get("/analyses/{id}/photo", use: photo)
        router.get("/analyses/{id}/clean.jpg") { try await picture(.clean, $0, $1) }
        router.get("/analyses/{id}/thumbnail.jpg") { try await picture(.thumbnail, $0, $1) }
        router.get("/analyses/{id}/faces/{number}/why.png", use: why)
    }

    /// The photo as it was sent, for the page on which one waits for its result. Opened by itself it is saved and not
    /// shown: it is what somebody sent.
    @Sendable private func photo(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try Self.subject(context)
        guard let (type, bytes) = try await analyses.photo(id, owner: owner) else { throw HTTPError(.notFound) }
        return Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "private, no-store",
                .contentDisposition: "attachment; filename=\"mien-\(id.lower)\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The analysis as JSON. With `?wait=SECONDS` or `Prefer: wait=SECONDS` the answer comes when the analysis has ended, or, for a client that
    /// sends what it knows as `If-None-Match`, as soon as it has changed; at the latest after that time.
    @Sendable func document(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try Self.subject(context)
        return try await Self.document(of: id, request, context, changes: changes) {
            guard let analysis = try await analyses.find(id, owner: owner) else { return nil }
            return (analysis, try await analyses.placeInQueue(analysis))
        }
    }

    /// How many seconds a request may take until there is something to answer with, as far as it says so.
    static func wait(_ request: Request, _ context: GatewayContext) -> Int? {
        let preferred = APIRequest(request: request, context: context).preferredWait
        return (request.query["wait"].flatMap { Int($0) } ?? preferred).map { min($0, maxWait) }
    }

    /// - Parameter find: reads the analysis as it is shown, and its place in the queue.
    static func document(
        of id: UUID, _ request: Request, _ context: GatewayContext, changes: AnalysisChanges,
        find: @escaping @Sendable () async throws -> (analysis: Analysis, place: Int?)?
    ) async throws -> Response {
        let wait = wait(request, context) ?? 0
        let known = request.headers[.ifNoneMatch].map(EntityTags.init)
        let isDone: @Sendable (Tagged?) -> Bool = { now in
            guard let now, !now.status.isTerminal else { return true }
            return known.map { !$0.match(now.tag) } ?? false
        }
        let tagged =
            wait <= 0
            ? try await read(find)
            : try await changes.observe(id, timeout: .seconds(wait)) {
                try await read(find)
            } isDone: {
                isDone($0)
            }
        guard let tagged else { throw HTTPError(.notFound) }
        let headers: HTTPFields = [
            .contentType: "application/json; charset=utf-8", .eTag: tagged.tag, .cacheControl: "private, no-cache",
        ]
        if known?.match(tagged.tag) == true { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: tagged.json)))
    }

    private struct Tagged: Sendable {
        let status: AnalysisStatus
        let json: Data
        let tag: String
    }

    private static func read(
        _ find: @Sendable () async throws -> (analysis: Analysis, place: Int?)?
    ) async throws -> Tagged? {
        guard let (analysis, place) = try await find() else { return nil }
        let json = try AnalysisDocument(analysis, placeInQueue: place).json()
        let digest = SHA256.hash(data: json).prefix(12).map { String(format: "%02x", $0) }.joined()
        return Tagged(status: analysis.status, json: json, tag: "\"\(digest)\"")
    }

    func picture(_ kind: PreviewKind, _ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try Self.subject(context)
        guard let jpeg = try await analyses.preview(id, owner: owner, kind: kind) else { throw HTTPError(.notFound) }
        return Self.answer(jpeg, request, named: "mien-\(id.lower).jpg", caching: "private, max-age=3600")
    }

    /// A picture; with `?download` it is to be saved under that name.
    static func answer(_ jpeg: [UInt8], _ request: Request, named name: String, caching: String) -> Response {
        var headers: HTTPFields = [.contentType: "image/jpeg", .cacheControl: caching]
        if request.query["download"] != nil {
            headers[.contentDisposition] = "attachment; filename=\"\(name)\""
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: jpeg)))
    }

    /// Where the network saw what spoke for a face's emotion: a picture to lay over the square that the document calls the map's
    /// area.
    @Sendable func why(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, owner) = try Self.subject(context)
        let number = context.parameters.get("number", as: Int.self)
        guard let face = try await analyses.find(id, owner: owner)?.faces.first(where: { $0.number == number }) else {
            throw HTTPError(.notFound)
        }
        guard let map = face.activation else { throw RequestFailure.noMap }
        return Response(
            status: .ok, headers: [.contentType: "image/png", .cacheControl: "private, max-age=3600"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try FacePicture.png(of: map))))
    }

    /// Which analysis is asked for, and by whom. Others, visitors among them, are told that there is none.
    static func subject(_ context: GatewayContext) throws -> (UUID, UUID) {
        guard let id = context.parameters.get("id", as: UUID.self), let user = context.user else {
            throw HTTPError(.notFound)
        }
        return (id, user.id)
    }
}
