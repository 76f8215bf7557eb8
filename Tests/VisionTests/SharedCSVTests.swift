import Contracts
import Foundation
import Testing

@testable import Vision

/// The trainer reads the same files: `Tests/Fixtures/fer2013` says what both answer.
@Suite struct SharedCSVTests {
    struct Case: Decodable, CustomTestStringConvertible {
        struct First: Decodable {
            var label: Int
            var usage: String?
            var sum: Int
            var begins: [UInt8]
            var ends: [UInt8]
        }
        var file: String
        var wanted_usage: String?
        var faces: Int?
        var labels: [String: Int]?
        var usages: [String: Int]?
        var first: First?
        var refused: String?
        var line: Int?
        var says: [String]?

        var testDescription: String { "\(file), \(wanted_usage ?? "all rows")" }
    }

    private static let folder = Fixtures.folder.appending(path: "fer2013")

    static func cases() -> [Case] {
        struct File: Decodable { var cases: [Case] }
        guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")),
            let file = try? JSONDecoder().decode(File.self, from: data)
        else { return [] }
        return file.cases
    }

    private func read(_ one: Case) async throws -> [FERDataset.Sample] {
        var samples: [FERDataset.Sample] = []
        try await FERDataset(Self.folder.appending(path: one.file)).forEachGroup(usage: one.wanted_usage, of: 3) {
            samples += $0
        }
        return samples
    }

    @Test func theFolderIsThere() {
        #expect(Self.cases().count > 50)
    }

    @Test(arguments: cases().filter { $0.refused == nil })
    func aFileIsReadAsTheTrainerReadsIt(one: Case) async throws {
        let samples = try await read(one)
        #expect(samples.count == one.faces)
        #expect(Dictionary(grouping: samples) { "\($0.label.index)" }.mapValues(\.count) == one.labels)
        let usages = samples.compactMap(\.usage)
        #expect((usages.isEmpty ? nil : Dictionary(grouping: usages) { $0 }.mapValues(\.count)) == one.usages)
        let (first, expected) = (try #require(samples.first), try #require(one.first))
        #expect(first.label.index == expected.label && first.usage == expected.usage)
        #expect(first.pixels.reduce(0) { $0 + Int($1) } == expected.sum)
        #expect(Array(first.pixels.prefix(8)) == expected.begins && Array(first.pixels.suffix(8)) == expected.ends)
    }

    @Test(arguments: cases().filter { $0.refused != nil })
    func aFileIsRefusedForTheReasonThatTheTrainerNames(one: Case) async throws {
        let error = await #expect(throws: VisionError.self) { try await read(one) }
        let text = try #require(error?.description)
        #expect(error?.code == .damaged && !text.contains("\n") && text.hasSuffix("."))
        for word in one.says ?? [] { #expect(text.lowercased().contains(word.lowercased()), "\(text)") }
        if let line = one.line { #expect(text.hasPrefix("Line \(line): "), "\(text)") }
        // What each kind is told by, as far as the file's own words are not asked for.
        let kinds = [
            "archive": "archive", "text": "is", "damaged": "unpacked", "columns": "column", "empty": "no rows",
            "usage": "usage", "label": "emotion", "pixels": "grey level", "cells": "cells",
            "quotation": "quotation mark",
        ]
        let kind = try #require(kinds[one.refused ?? ""])
        #expect(text.contains(kind), "\(text)")
    }
}
