import Foundation
import Postgres

@testable import GatewayCore

/// Puts a finished analysis with its photo and pictures into the database, as the recorder leaves it.
@discardableResult
func insertAnalysis(
    _ pool: any PostgresSession, owner: UUID, title: String = "On the roof", fileName: String = "roof.jpg",
    photo: [UInt8] = [0xFF, 0xD8, 1], daysAgo: Double = 0, failedWith code: String? = nil
) async throws -> UUID {
    let id = UUID.timeOrdered()
    let at = Date(timeIntervalSinceNow: -daysAgo * 86_400)
    let isFailed = code != nil
    try await pool.execute(
        """
        INSERT INTO analyses (id, user_id, status, lane, title, file_name, content_type, photo_bytes, request_id,
            submitted_at, finished_at, faces, width, height, error_code, error_message)
        VALUES (\(id), \(owner), \(isFailed ? "failed" : "finished"), 'interactive', \(title), \(fileName),
            'image/jpeg', \(photo.count)::int, 'r-1', \(at), \(at),
            CASE WHEN \(isFailed) THEN NULL ELSE '{"faces": [], "facesCut": false, "faceCrop": false}'::jsonb END, 8, 8,
            \(code), CASE WHEN \(isFailed) THEN 'It is damaged.' END)
        """)
    // A batch of its own, with the same id.
    try await pool.execute(
        "INSERT INTO batches (id, user_id, title, created_at) VALUES (\(id), \(owner), \(title), \(at))")
    try await pool.execute("UPDATE analyses SET batch_id = id WHERE id = \(id)")
    try await pool.execute("INSERT INTO photos (analysis_id, bytes) VALUES (\(id), \(photo))")
    guard !isFailed else { return id }
    try await pool.execute(
        """
        INSERT INTO previews (analysis_id, annotated, clean, thumbnail)
        VALUES (\(id), \(sampleJPEG), \(sampleJPEG), \(sampleJPEG))
        """)
    return id
}

/// A picture that can be shown and printed.
private let sampleJPEG: [UInt8] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let file = root.appendingPathComponent("Sources/GatewayCore/Web/Static/sample.jpg")
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
