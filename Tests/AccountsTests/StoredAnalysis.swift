import Foundation
import NIOCore
import Postgres

@testable import Analyses
@testable import GatewayCore

/// Puts a finished analysis with its photo and pictures into the database, as the recorder leaves it.
@discardableResult
func insertAnalysis(
    _ pool: any PostgresSession, owner: UUID, title: String = "On the roof", fileName: String = "roof.jpg",
    photo: [UInt8] = [0xFF, 0xD8, 1], daysAgo: Double = 0, failedWith code: String? = nil
) async throws -> UUID {
    let id = UUID.timeOrdered()
    let at = Date(timeIntervalSinceNow: -daysAgo * 86_400)
    // A batch of its own, with the same id.
    try await pool.execute(
        "INSERT INTO batches (id, user_id, title, created_at) VALUES (\(id), \(owner), \(title), \(at))")
    let submission = Submission(
        owner: owner, lane: .interactive, information: AnalysisInformation(title: title),
        batch: BatchReference(id: id, title: title), fileName: fileName, contentType: "image/jpeg",
        byteCount: photo.count, bytes: { photo }, requestID: "r-1")
    try await pool.execute(AnalysisLifecycle.submitted(submission, id: id))
    try await pool.execute("INSERT INTO photos (analysis_id, bytes) VALUES (\(id), \(photo))")
    try await pool.execute("DELETE FROM outbox WHERE analysis_id = \(id)")
    if let code {
        try await pool.execute(
            AnalysisLifecycle.failed(id, generation: 1, code: code, message: "It is damaged."))
    } else {
        try await pool.execute(
            AnalysisLifecycle.finished(
                id, generation: 1,
                AnalysisResult(
                    width: 8, height: 8, previewWidth: 8, previewHeight: 8,
                    findings: Findings(faces: [], facesCut: false, faceCrop: false),
                    model: ModelReference(name: "tests", version: "1"), timingsMs: [:])))
    }
    try await pool.execute(
        """
        UPDATE analyses SET submitted_at = \(at), queued_at = \(at), finished_at = \(at) WHERE id = \(id)
        """)
    guard code == nil else { return id }
    try await pool.execute(
        """
        INSERT INTO previews (analysis_id, annotated, clean, thumbnail)
        VALUES (\(id), \(sampleJPEG + [0]), \(sampleJPEG), \(sampleJPEG))
        """)
    return id
}

/// A picture that can be shown and printed.
private let sampleJPEG: [UInt8] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let file = root.appendingPathComponent("Sources/GatewayCore/Static/sample.jpg")
    // Without it, the tests that show pictures say so.
    return (try? Data(contentsOf: file)).map(Array.init) ?? []
}()

/// Every row of every table as text, to look for what should not be there.
func dump(_ pool: any PostgresSession) async throws -> String {
    let tables = try await pool.query(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).map { try $0.decode(String.self) }
    var text = ""
    for table in tables {
        for row in try await pool.query("SELECT t::text FROM \(unescaped: table) t") {
            text += "\(table): \(try row.decode(String.self))\n"
        }
    }
    return text
}
