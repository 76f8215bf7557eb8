import Contracts
import Foundation
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Photos that lay on their side: from a worker's message to what is shown and saved.
@Suite struct TurnedResultTests {
    private func turned(_ id: UUID) -> ResultMessage {
        var result = ResultMessage.happy(id, generation: 1)
        (result.analysis.width, result.analysis.height) = (400, 200)
        (result.analysis.previewWidth, result.analysis.previewHeight) = (480, 960)
        (result.analysis.rotation, result.analysis.incomplete) = (90, true)
        // Lying: the eyes above each other, at the right the mouth.
        result.analysis.faces[0].landmarks = ([(30, 80), (30, 40), (50, 60), (70, 75), (70, 45)] as [(Float, Float)])
            .map { x, y in
                var point = Mien_V1_Point()
                (point.x, point.y) = (x, y)
                return point
            }
        return result
    }

    @Test func theResultSaysHowThePhotoWasTurnedAndKeepsItsOwnPixels() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .processing)
            _ = try await site.recorder.record([turned(id)])
            let (document, face) = try await document(id, of: ada)
            #expect(document["rotation"] as? Int == 90 && document["incomplete"] as? Bool == true)
            #expect((document["width"] as? Int, document["height"] as? Int) == (400, 200))
            #expect(face["box"] as? [String: Double] == ["x": 10, "y": 20, "width": 61, "height": 76])
            let landmarks = try #require(face["landmarks"] as? [[String: Double]])
            #expect(landmarks.count == 5 && landmarks[3] == ["x": 70, "y": 75])
            #expect(face["roll"] as? Double == -90)
            // On the page the box lies on the upright picture: 200 pixels wide, the face 104 from its left.
            let page = try await ada.get("/analyses/\(id.lower)").text
            #expect(page.contains("The photo lay on its side. It is shown upright."))
            #expect(page.contains("The file ends early"))
            #expect(page.contains("width=\"480\" height=\"960\""))
            #expect(page.contains("x=\"52%\" y=\"2.5%\" width=\"38%\" height=\"15.25%\""))
            let table = try await ada.get("/analyses.csv").text
            #expect(table.contains(",no,90,yes,,"))
        }
    }

    @Test func aResultFromBeforeIsShownAsItIs() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            try await site.database.execute(
                "UPDATE analyses SET faces = (faces::jsonb - 'rotation' - 'incomplete') WHERE id = \(id)")
            let (document, face) = try await document(id, of: ada)
            #expect(document["rotation"] as? Int == 0 && document["incomplete"] as? Bool == false)
            #expect(face["roll"] == nil && (face["landmarks"] as? [Any])?.isEmpty == true)
        }
    }

    /// The JSON document, and the first face in it.
    private func document(_ id: UUID, of person: Person) async throws -> ([String: Any], [String: Any]) {
        let json = try await person.get("/analyses/\(id.lower).json").bytes
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        return (document, try #require((document["faces"] as? [[String: Any]])?.first))
    }
}
