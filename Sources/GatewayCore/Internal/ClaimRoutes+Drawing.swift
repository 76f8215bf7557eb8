import Analyses
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore

/// Pictures that workers draw.
extension ClaimRoutes {
    /// Hands out what is to be drawn on, with what was found in it.
    func claim(_ picture: DrawnPicture, _ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { return Response(status: .gone) }
        guard let generation = ticket(request, id)?.generation else { return Response(status: .forbidden) }
        guard
            let claim = try await picture.claim(
                id, generation: generation, claim: request.claim, in: database)
        else { return Response(status: .gone) }
        let bytes = try claim.drawing.encode()
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-protobuf", .mienAttempt: "\(claim.attempt)", .cacheControl: "no-store",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Takes the picture; an empty body says that there is none.
    func take(_ picture: DrawnPicture, _ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { return Response(status: .gone) }
        guard let generation = ticket(request, id)?.generation else { return Response(status: .forbidden) }
        let jpeg: [UInt8]
        do {
            jpeg = try await body(
                request, within: .transfer(of: min(request.byteCount, Mien_V1_Drawing.maximumPictureBytes)))
        } catch is TooSlow {
            return Response(status: .requestTimeout)
        } catch is NIOTooManyBytesError {
            return Response(status: .contentTooLarge)
        }
        // From the marker SOI to EOI (ITU-T T.81, B.1.1.3).
        guard jpeg.isEmpty || jpeg.starts(with: [0xFF, 0xD8, 0xFF]) && jpeg.suffix(2) == [0xFF, 0xD9] else {
            context.logger.error("Drawn picture refused", metadata: ["analysis.id": "\(id.lower)"])
            return Response(status: .unprocessableContent)
        }
        let isWanted = try await picture.store(
            jpeg.isEmpty ? nil : jpeg, of: id, generation: generation,
            attempt: request.headers[.mienAttempt].flatMap { Int($0) }, in: database)
        Counter(
            label: "mien_drawings",
            dimensions: [("outcome", !isWanted ? "gone" : jpeg.isEmpty ? "failed" : "stored")]
        ).increment()
        return Response(status: isWanted ? .noContent : .gone)
    }

    private struct TooSlow: Error {}

    private func body(_ request: Request, within limit: Duration) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            defer { group.cancelAll() }
            group.addTask {
                Array(try await request.body.collect(upTo: Mien_V1_Drawing.maximumPictureBytes).readableBytesView)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TooSlow()
            }
            guard let bytes = try await group.next() else { throw TooSlow() }
            return bytes
        }
    }
}
