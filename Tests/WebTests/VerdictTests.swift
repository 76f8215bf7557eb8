import Foundation
import Testing

@testable import GatewayCore
@testable import Operations

@Suite struct VerdictTests {
    private func model(_ workers: [WorkerFigures]) throws -> OperationsModel {
        OperationsModel(
            site: try Fixtures.site("Operations"), OperationsGallery.figures(calm: true, workers: workers), notice: nil,
            now: Fixtures.now)
    }

    private func ready(_ model: OperationsModel) throws -> OperationsModel.Tile {
        try #require(model.tiles.first { $0.name == "Workers ready" })
    }

    /// Fewer processes, a new version or an autoscaler end workers as they were told to: their last word says so.
    @Test func whoHasEndedAsToldIsNotMissing() throws {
        let worker = OperationsGallery.worker
        let model = try model([
            worker(1, "ready", 4, ""), worker(2, "ended", 60, ""), worker(3, "ended", 3_000, "killed by signal 9"),
        ])
        #expect(model.isWell && model.calm.contains("1 worker process is ready"), "\(model.troubles)")
        #expect(try ready(model).value == "1 of 1" && !ready(model).isBad)
        #expect(model.workers.map(\.isMissing) == [false, false, false])
        #expect(model.workers.map(\.state) == ["ready", "ended", "ended"])
    }

    @Test func whoFellSilentOrIsStartedAgainIsMissing() throws {
        let worker = OperationsGallery.worker
        let model = try model([
            worker(1, "ready", 4, ""), worker(2, "ready", 90, ""), worker(3, "waiting", 5, "killed by signal 9"),
            worker(4, "ended", 60, ""),
        ])
        #expect(model.troubles.map(\.text) == ["2 of 3 worker processes cannot be heard."])
        #expect(try ready(model).value == "1 of 3" && ready(model).isBad)
        #expect(model.workers.map(\.isMissing) == [false, true, true, false])
    }

    @Test func whereAllHaveEndedNobodyWorks() throws {
        let model = try model([OperationsGallery.worker(1, "ended", age: 60)])
        #expect(model.troubles.count == 1 && model.troubles[0].text.contains("no worker has been heard of"))
        #expect(try ready(model).value == "0 of 0" && ready(model).isBad)
    }
}
