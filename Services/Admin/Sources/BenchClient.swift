import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// What a bench does at the gateway: upload photos and wait for their results, as a program of somebody's would.
struct BenchClient: Sendable {
    let url: String
    let token: String

    /// What became of the photos of one form.
    struct Uploaded {
        /// The analyses of those that were accepted.
        let ids: [String]
        /// Why the others were not.
        let refusals: [String]
    }

    /// Uploads one photo that somebody waits for.
    ///
    /// - Returns: its analysis, and when the gateway had answered.
    func upload(_ photo: [UInt8]) async throws -> (id: String, at: ContinuousClock.Instant) {
        let uploaded = try await upload([photo], lane: "interactive")
        let at = ContinuousClock.now
        guard let id = uploaded.ids.first else {
            throw CommandFailure(message: "The gateway refused the photo: \(uploaded.refusals.joined(separator: " "))")
        }
        return (id, at)
    }

    /// Uploads the photos of one form, 20 at most.
    func upload(_ photos: [[UInt8]], lane: String, name: String = "bench.jpg") async throws -> Uploaded {
        let boundary = "----mien\(UUID().uuidString)"
        var body = ByteBuffer()
        body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"lane\"\r\n\r\n\(lane)\r\n")
        for photo in photos {
            body.writeString(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(name)\"\r\n\r\n")
            body.writeBytes(photo)
            body.writeString("\r\n")
        }
        body.writeString("--\(boundary)--\r\n")
        var request = authorised("/analyses")
        request.method = .POST
        request.headers.add(name: "content-type", value: "multipart/form-data; boundary=\(boundary)")
        request.headers.add(name: "accept", value: "application/json")
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let answer = try await response.body.collect(upTo: 1 << 20)
        let isAnswer = response.status == .accepted || (400..<500).contains(response.status.code)
        guard isAnswer, let document = try? JSONDecoder().decode(Document.self, from: answer) else {
            throw CommandFailure(message: "The gateway answered \(response.status): \(String(buffer: answer))")
        }
        return Uploaded(
            ids: document.analyses?.map(\.id) ?? [],
            refusals: document.refused?.map(\.code) ?? document.error.map { [$0.code] } ?? [])
    }

    /// Waits for the result of a photo that must succeed.
    func finish(of id: String) async throws -> ContinuousClock.Instant {
        for _ in 0..<6 {
            let response = try await HTTPClient.shared.execute(
                authorised("/analyses/\(id).json?wait=25"), timeout: .seconds(30))
            let at = ContinuousClock.now
            let answer = try await response.body.collect(upTo: 4 << 20)
            let status = try JSONDecoder().decode(Status.self, from: answer).status
            if status == "finished" { return at }
            if status == "failed" { throw CommandFailure(message: "The analysis failed: \(String(buffer: answer))") }
        }
        throw CommandFailure(message: "No result came within 150 seconds.")
    }

    private func authorised(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + path)
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        return request
    }

    private struct Document: Decodable {
        struct Accepted: Decodable { let id: String }
        struct Refused: Decodable { let code: String }
        let analyses: [Accepted]?
        let refused: [Refused]?
        let error: Refused?
    }
    private struct Status: Decodable { let status: String }
}
