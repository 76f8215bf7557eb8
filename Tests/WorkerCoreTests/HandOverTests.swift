import Contracts
import Foundation
import Kafka
import NIOCore
import ServiceSupport
import SwiftProtobuf
import Synchronization
import Testing

@testable import Vision
@testable import WorkerCore

/// Pictures go to the gateway, results to the broker; one test after the other, as all that need a broker.
@Suite(.timeLimit(.minutes(5)), .serialized) struct HandOverTests {
    @Test func picturesAreHandedOverAndTheResultGoesWithoutThem() async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        let id = try await scene.send()
        let record = try await scene.records(1, of: scene.topics.results)[0]
        let value = try #require(record.value)
        #expect(value.count < 4_096)
        let result = try ResultMessage.decode(value)
        #expect(result.analysis.isHandedOver)
        #expect(result.analysis.faces.count == 1)
        let handOver = try #require(scene.gateway.handOvers.first)
        #expect(scene.gateway.handOvers.count == 1)
        #expect(handOver.claim == scene.gateway.claims.first)
        #expect(handOver.claim == .init(analysisID: id, worker: "test/1", authorization: "Bearer ticket-of-\(id)"))
        #expect(handOver.attempt == "1")
        let boundary = try #require(handOver.contentType.split(separator: "boundary=").last)
        let text = String(decoding: handOver.form.readableBytesView, as: Unicode.ASCII.self)
        let parts = text.components(separatedBy: "--\(boundary)").dropFirst()
        #expect(parts.count == 3)
        #expect(parts.last == "--\r\n")
        for (part, kind) in zip(parts, [Pictures.Kind.clean, .thumbnail]) {
            #expect(part.contains("name=\"\(kind.rawValue)\""))
        }
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func aResultSaysWhereTheNetworkLooked() async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        try await scene.send()
        let face = try #require(try await scene.results(1)[0].analysis.faces.first)
        #expect(face.hasActivation && face.activation.columns == 6 && face.activation.cells.count == 36)
        // The square lies round the box, and a little above it.
        let (map, box) = (face.activation, face.box)
        #expect(abs(Float(map.x) + Float(map.side) / 2 - box.x - box.width / 2) < box.height * 0.05)
        #expect(Float(map.side) > box.height && Float(map.side) < box.height * 1.2 && map.angle == 0)
        try await worker.stop()
    }

    @Test(arguments: [Mien_V1_Task.draw, .annotate])
    func aPictureIsDrawnAndHandedOverWithoutAResult(task: Mien_V1_Task) async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        let (good, bad, later) = (
            UUID().uuidString.lowercased(), UUID().uuidString.lowercased(), UUID().uuidString.lowercased()
        )
        var drawing = Mien_V1_Drawing()
        drawing.photo = Data(try Scene.photo())
        drawing.faces = [
            .with {
                $0.number = 1
                $0.box = .with { ($0.x, $0.y, $0.width, $0.height) = (180, 60, 90, 110) }
                $0.probabilities = [0, 0, 0, 1, 0, 0, 0]
            }
        ]
        if task == .annotate { (drawing.width, drawing.height) = (1024, 1024) }
        scene.gateway.answer(good, with: .photo(try drawing.encode()))
        drawing.photo = Data([1, 2, 3])
        scene.gateway.answer(bad, with: .photo(try drawing.encode()))
        try await scene.send(id: good, task: task)
        try await scene.send(id: bad, task: task)
        try await scene.send(id: later, task: .UNRECOGNIZED(9))
        // Behind them, so that they are over when its result is there.
        let last = try await scene.send()
        let results = try await scene.results(1)
        #expect(results.map(\.analysisID) == [last])
        let handOvers = scene.gateway.handOvers
        let drawn = try #require(handOvers.first { $0.claim.analysisID == good })
        #expect(drawn.attempt == "1" && drawn.path == task.drawingPath)
        #expect(drawn.contentType == "image/jpeg" && drawn.form.readableBytes > 50_000)
        #expect(Array(drawn.form.readableBytesView.prefix(3)) == [0xFF, 0xD8, 0xFF])
        #expect(handOvers.first { $0.claim.analysisID == bad }?.form.readableBytes == 0)
        #expect(!scene.gateway.claims.contains { $0.analysisID == later })
        try await worker.stop()
    }

    @Test func aFaultThatPassesWhileAPhotoIsDrawnIsTriedAgain() async throws {
        let scene = try await Scene.make()
        let faults = Mutex(1)
        let worker = try RunningWorker(
            scene,
            analyser: FaultyAnalyser(pipeline: try await RunningWorker.sharedPipeline()) {
                let isLeft = faults.withLock { faults in
                    faults -= 1
                    return faults >= 0
                }
                if isLeft { throw VisionError(.timedOut, "It took too long.") }
            })
        let (passing, lasting) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        var drawing = Mien_V1_Drawing()
        drawing.photo = Data(try Scene.photo())
        for id in [passing, lasting] { scene.gateway.answer(id, with: .photo(try drawing.encode())) }
        try await scene.send(id: passing, task: .draw)
        try await eventually { !scene.gateway.handOvers.isEmpty }
        faults.withLock { $0 = .max }
        try await scene.send(id: lasting, task: .draw)
        try await eventually { scene.gateway.handOvers.count == 2 }
        let handOvers = scene.gateway.handOvers
        #expect(handOvers.map(\.attempt) == ["2", "3"])
        #expect(handOvers[0].form.readableBytes > 50_000 && handOvers[1].form.readableBytes == 0)
        try await worker.stop()
    }

    @Test func aPhotoThatLiesSaysHowItsPicturesAreTurned() async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        let id = UUID().uuidString.lowercased()
        let photo = try Scene.photo()
        // An EXIF block with nothing but an orientation that is wrong: 6, to be turned right by a quarter.
        let tiff: [UInt8] = [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
        let exif: [UInt8] = [0xFF, 0xE1, 0, UInt8(tiff.count + 8)] + Array("Exif".utf8) + [0, 0] + tiff
        scene.gateway.answer(id, with: .photo([UInt8](photo.prefix(2)) + exif + [UInt8](photo.dropFirst(2))))
        try await scene.send(id: id)
        let analysis = try await scene.results(1)[0].analysis
        #expect(analysis.rotation == 270 && !analysis.incomplete && analysis.faces.count == 1)
        // The photo that lies has its face at the right, and the eyes above each other.
        let face = try #require(analysis.faces.first)
        #expect(face.box.x > Float(analysis.width) / 2 && face.landmarks.count == 5)
        #expect(abs(face.landmarks[0].x - face.landmarks[1].x) < abs(face.landmarks[0].y - face.landmarks[1].y))
        try await worker.stop()
    }

    @Test func aPhotoThatEndsEarlyIsToldAsSuch() async throws {
        let scene = try await Scene.make()
        let worker = try RunningWorker(scene)
        let (half, tenth) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        let photo = try Scene.photo()
        scene.gateway.answer(half, with: .photo(Array(photo.prefix(photo.count / 2))))
        scene.gateway.answer(tenth, with: .photo(Array(photo.prefix(photo.count / 10))))
        for id in [half, tenth] { try await scene.send(id: id) }
        let results = try await scene.results(2)
        let (one, other) = (
            try #require(results.first { $0.analysisID == half }),
            try #require(results.first { $0.analysisID == tenth })
        )
        #expect(one.analysis.incomplete && one.analysis.faces.count == 1)
        #expect(other.failure.code == "damaged" && other.failure.message.contains("% of the photo is missing"))
        try await worker.stop()
    }

    @Test(arguments: [404, 405] as [UInt])
    func aGatewayFromBeforeGetsThePicturesInTheResult(status: UInt) async throws {
        let scene = try await Scene.make()
        let id = try await scene.send()
        scene.gateway.answerPictures(id, with: .status(status))
        let worker = try RunningWorker(scene)
        let analysis = try await scene.results(1)[0].analysis
        try analysis.pictures.validate()
        #expect(analysis.pictures.kinds == Pictures.Kind.allCases && analysis.annotated != analysis.clean)
        #expect(scene.gateway.handOvers.count == 1)
        // The next gateway may be a newer one.
        let next = try await scene.send()
        #expect(try await scene.results(2).first { $0.analysisID == next }?.analysis.isHandedOver == true)
        try await worker.stop()
    }

    @Test func aGatewayThatWantsTheAnnotatedPictureGetsItWithTheOthers() async throws {
        let scene = try await Scene.make()
        let id = try await scene.send()
        scene.gateway.answerPictures(id, with: .status(422), .status(204))
        let worker = try RunningWorker(scene)
        #expect(try await scene.results(1)[0].analysis.isHandedOver)
        let forms = scene.gateway.handOvers.map { String(decoding: $0.form.readableBytesView, as: Unicode.ASCII.self) }
        #expect(forms.map { $0.contains("name=\"annotated\"") } == [false, true])
        #expect(forms.count == 2 && forms[1].count > forms[0].count + 20_000)
        try await worker.stop()
    }

    @Test(arguments: [410, 403] as [UInt])
    func picturesThatAreTurnedDownEndTheJobWithoutAResult(status: UInt) async throws {
        let scene = try await Scene.make()
        let dropped = try await scene.send()
        scene.gateway.answerPictures(dropped, with: .status(status))
        let worker = try RunningWorker(scene)
        let next = try await scene.send()
        #expect(try await scene.results(1)[0].analysisID == next)
        try await scene.untilCommitted()
        #expect(scene.gateway.handOvers.count { $0.claim.analysisID == dropped } == 1)
        try await worker.stop()
    }

    @Test func anOverloadedGatewayIsSentThePicturesAgain() async throws {
        let scene = try await Scene.make()
        let id = try await scene.send()
        scene.gateway.answerPictures(id, with: .status(503), .status(429), .status(204))
        let worker = try RunningWorker(scene)
        let result = try await scene.results(1)[0]
        #expect(result.analysis.isHandedOver)
        #expect(result.attempt == 1)
        #expect(scene.gateway.claims.count == 1)
        let forms = scene.gateway.handOvers
        #expect(forms.count == 3)
        #expect(Set(forms.map(\.form.readableBytes)).count == 1)
        try await worker.stop()
    }

    @Test func aGatewayThatGoesAwayDuringTheAnalysisIsWaitedFor() async throws {
        let scene = try await Scene.make()
        let pipeline = try await RunningWorker.sharedPipeline()
        let away = StopSignal()
        let worker = try RunningWorker(
            scene,
            analyser: FaultyAnalyser(pipeline: pipeline) {
                guard !away.isStopped else { return }
                try await scene.gateway.goAway()
                away.stop()
            })
        let id = try await scene.send()
        await away.wait()
        try await Task.sleep(for: .seconds(2))
        #expect(scene.gateway.handOvers.isEmpty)
        try await scene.gateway.listen()
        let result = try await scene.results(1)[0]
        #expect(result.analysisID == id)
        #expect(result.analysis.isHandedOver)
        #expect(scene.gateway.handOvers.count == 1)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func picturesThatNoGatewayTakesBecomeAFailure() async throws {
        let scene = try await Scene.make()
        let id = try await scene.send()
        scene.gateway.answerPictures(id, with: .status(422))
        let worker = try RunningWorker(scene)
        #expect(try await scene.results(1)[0].failure.code == "internal")
        #expect(scene.gateway.handOvers.count == 2)
        try await scene.untilCommitted()
        try await worker.stop()
    }

    @Test func picturesWithAnswersOutsideTheContractDoNotHoldUpTheOthers() async throws {
        let scene = try await Scene.make()
        let odd = try await scene.send()
        scene.gateway.answerPictures(odd, with: .status(500))
        let worker = try RunningWorker(scene)
        let good = try await scene.send()
        #expect(try await scene.results(1)[0].analysisID == good)
        try await scene.untilCommitted()
        #expect(
            scene.gateway.handOvers.count { $0.claim.analysisID == odd } == RunningWorker.quick.unexpectedAnswers)
        try await worker.stop()
    }
}
