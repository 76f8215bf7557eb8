import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Reports

/// Where the network looked: from a worker's message to what is shown and saved.
@Suite struct WhyTests {
    /// A result whose one face has a map, of a photo 400 × 200 that lies on its side.
    private func explained(_ id: UUID) -> ResultMessage {
        var result = ResultMessage.happy(id, generation: 1)
        (result.analysis.width, result.analysis.height) = (400, 200)
        (result.analysis.previewWidth, result.analysis.previewHeight) = (480, 960)
        result.analysis.rotation = 90
        var map = Mien_V1_Activation()
        map.columns = 2
        map.cells = Data([0, 255, 51, 0])
        (map.low, map.high) = (-2, 8.2)
        (map.x, map.y, map.side, map.angle) = (-4, 18, 80, -90)
        result.analysis.faces[0].activation = map
        return result
    }

    private func document(_ id: UUID, of person: Person) async throws -> [String: Any] {
        let json = try await person.get("/analyses/\(id.lower).json").bytes
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        return try #require((document["faces"] as? [[String: Any]])?.first)
    }

    @Test func theDocumentHasTheMapAndWhereItLies() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .processing)
            _ = try await site.recorder.record([explained(id)])
            let map = try #require(try await document(id, of: ada)["activation"] as? [String: Any])
            #expect((map["columns"] as? Int, map["rows"] as? Int) == (2, 2))
            #expect(map["values"] as? [Double] == [-2, 8.2, 0.04, -2])
            #expect(map["area"] as? [String: Double] == ["x": -4, "y": 18, "side": 80, "angle": -90])
            // Its middle, (36, 58), is at (142, 36) of the upright photo, in which the face stands.
            let shown = try #require(
                try await site.store.find(id, owner: ada.user.id)?.shownFaces.first?.activation?.area)
            #expect(shown == FaceResult.Area(x: 102, y: -4, side: 80, angle: 0))
        }
    }

    @Test func thePictureIsThereForItsOwnerOnly() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let id = try await site.analysis(of: ada.user.id, .processing)
            #expect(try await ada.get("/analyses/\(id.lower)/faces/1/why.png").status == .notFound)
            _ = try await site.recorder.record([explained(id)])
            for path in ["/analyses/\(id.lower)/faces/1/why.png", "/api/v1/analyses/\(id.lower)/faces/1/why"] {
                let answer = try await ada.get(path)
                #expect(answer.status == .ok && answer.headers[.contentType] == "image/png")
                #expect(answer.bytes.prefix(4) == [0x89, 0x50, 0x4E, 0x47])
                #expect(try await eve.get(path).status == .notFound)
                for number in ["0", "2", "-1", "x", "99999999999999999999"] {
                    #expect(try await ada.get(path.replacing("/1/", with: "/\(number)/")).status == .notFound)
                }
            }
            let visitor = try await site.client.executeRequest(
                uri: "/analyses/\(id.lower)/faces/1/why.png", method: .get, headers: [:], body: nil)
            #expect(visitor.status == .notFound)
        }
    }

    @Test func aFaceWithoutAMapSaysSo() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            #expect(try await document(id, of: ada)["activation"] == nil)
            let answer = try await ada.get("/api/v1/analyses/\(id.lower)/faces/1/why")
            #expect(answer.status == .notFound && answer.text.contains("\"no_map\""))
        }
    }

    @Test func aMapIsReadInFewWords() {
        var face = Site.face(1, "happy")
        #expect(FaceWords.whyRemark(face) == nil)
        let area = FaceResult.Area(x: 0, y: 0, side: 10, angle: 0)
        for (high, words) in [(2.0, "Bright parts spoke for it"), (-0.5, "No part of the face spoke for it")] {
            face.activation = .init(columns: 1, cells: Data([255]), low: -3, high: high, area: area)
            #expect(FaceWords.whyRemark(face)?.hasPrefix(words) == true)
        }
        #expect(FaceWords.why(face) == "Where the network looked for “happy”")
    }
}
