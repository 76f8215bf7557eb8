import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1

extension GatewayClient {
    /// Hands over the pictures of a photo that was claimed. Sent twice, they are stored once.
    ///
    /// - Parameter attempt: as the gateway counted it at the claim.
    /// - Throws: `CancellationError` alone; whatever else happens is an answer.
    func handOver(
        _ pictures: Pictures, of analysisID: String, ticket: String, attempt: UInt32, trace: TraceContext? = nil
    ) async throws -> HandOverAnswer {
        // By chance in none of the pictures: it has 122 random bits.
        let boundary = "mien-\(UUID().uuidString)"
        var request = self.request("/photos/\(analysisID)/pictures", ticket: ticket, trace: trace)
        request.method = .PUT
        request.headers.add(name: "Mien-Attempt", value: "\(attempt)")
        request.headers.add(name: "Content-Type", value: "multipart/form-data; boundary=\(boundary)")
        let form = pictures.form(boundary: boundary)
        request.body = .bytes(form)
        do {
            return try await send(request, bytes: form.readableBytes) { response in
                // Read to its end, so that the connection can be used again.
                _ = try await response.body.collect(upTo: 64 * 1_024)
                return Self.answer(response)
            }
        } catch {
            // Cancelled, it fails in one of several ways; then nobody waits for an answer.
            try Task.checkCancellation()
            return .unavailable(reason: "\(error)", retryAfter: nil)
        }
    }

    /// Hands over a picture that was drawn, or says that it cannot be drawn.
    ///
    /// - Parameters:
    ///   - picture: a JPEG; nil when there is none.
    ///   - path: the drawing task's.
    ///   - attempt: as the gateway counted it at the claim.
    /// - Throws: `CancellationError` alone; whatever else happens is an answer.
    func handOver(
        drawn picture: [UInt8]?, under path: String, of analysisID: String, ticket: String, attempt: UInt32,
        trace: TraceContext? = nil
    ) async throws -> HandOverAnswer {
        var request = self.request("/photos/\(analysisID)/\(path)", ticket: ticket, trace: trace)
        request.method = .PUT
        request.headers.add(name: "Mien-Attempt", value: "\(attempt)")
        request.headers.add(name: "Content-Type", value: "image/jpeg")
        request.body = .bytes(ByteBuffer(bytes: picture ?? []))
        do {
            return try await send(request, bytes: picture?.count ?? 0) { response in
                _ = try await response.body.collect(upTo: 64 * 1_024)
                return Self.answer(response)
            }
        } catch {
            // Cancelled, it fails in one of several ways; then nobody waits for an answer.
            try Task.checkCancellation()
            return .unavailable(reason: "\(error)", retryAfter: nil)
        }
    }

    private static func answer(_ response: HTTPClientResponse) -> HandOverAnswer {
        let status = response.status.code
        switch status {
        case 200...299: return .stored
        case 404, 405: return .notTaken
        case 403: return .refused
        case 410: return .gone
        case 413, 422: return .unfit(reason: "status \(status)")
        case 408, 429, 502, 503, 504:
            return .unavailable(reason: "status \(status)", retryAfter: retryAfter(response))
        default: return .unexpected(reason: "status \(status)")
        }
    }
}

extension Pictures {
    /// The form that the gateway reads (RFC 7578).
    func form(boundary: String) -> ByteBuffer {
        var form = ByteBuffer()
        for kind in kinds {
            form.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(kind.rawValue)\"\r\n")
            form.writeString("Content-Type: image/jpeg\r\n\r\n")
            form.writeBytes(self[kind])
            form.writeString("\r\n")
        }
        form.writeString("--\(boundary)--\r\n")
        return form
    }
}
