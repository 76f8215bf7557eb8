import Foundation
import Logging
import ServiceLifecycle
import Vision

@testable import WorkerCore

/// A worker process's service, run inside of the test.
struct RunningWorker {
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(
        _ scene: Scene, name: String = "test/1", limits: WorkLimits = RunningWorker.quick,
        settings: [String: String] = [:], analyser: (any PhotoAnalysing)? = nil
    ) throws {
        let configuration = try scene.configuration(settings)
        let logger = Scene.logger
        let worker = WorkerProcess(
            configuration: configuration, name: name, drainLimit: .seconds(6), limits: limits, logger: logger
        ) {
            if let analyser { return analyser }
            return configuration.model == nil
                ? try await Self.sharedPipeline() : try await Self.pipeline(configuration)
        }
        let group = ServiceGroup(services: [worker], logger: logger)
        self.group = group
        running = Task { try await group.run() }
    }

    /// Shorter waits between tries.
    static var quick: WorkLimits {
        var limits = WorkLimits()
        limits.firstDelay = .milliseconds(10)
        limits.longestDelay = .milliseconds(100)
        return limits
    }

    /// Loaded once for all tests of the process: loading keeps every core busy for seconds.
    static func sharedPipeline() async throws -> Pipeline { try await shared.value }

    private static let shared = Task { try await pipeline(try await Scene.make().configuration()) }

    private static func pipeline(_ configuration: WorkerConfiguration) async throws -> Pipeline {
        try await Pipeline(
            .init(
                modelDirectory: try ModelCatalogue.find(configuration.model, in: configuration.models),
                detector: configuration.detector, cacheDirectory: configuration.cache), logger: Scene.logger)
    }

    /// Waits until it ends by itself; throws what it ended with.
    func ended() async throws {
        try await running.value
    }

    /// Shuts it down gracefully; throws what it ended with.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

/// A pipeline with a fault planted before it.
struct FaultyAnalyser: PhotoAnalysing {
    let pipeline: Pipeline
    let fault: @Sendable () async throws -> Void

    var model: ModelCard { pipeline.model }

    func analyse(_ photo: [UInt8]) async throws -> PhotoAnalysis {
        try await fault()
        return try await pipeline.analyse(photo)
    }

    func draw(_ picture: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int) async throws -> [UInt8] {
        try await fault()
        return try await pipeline.draw(picture, drawing, maximumBytes: maximumBytes)
    }
}

/// A pipeline whose answer is altered.
struct AlteringAnalyser: PhotoAnalysing {
    let pipeline: Pipeline
    let alter: @Sendable (inout PhotoAnalysis) -> Void

    var model: ModelCard { pipeline.model }

    func analyse(_ photo: [UInt8]) async throws -> PhotoAnalysis {
        var analysis = try await pipeline.analyse(photo)
        alter(&analysis)
        return analysis
    }

    func draw(_ picture: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int) async throws -> [UInt8] {
        try await pipeline.draw(picture, drawing, maximumBytes: maximumBytes)
    }
}
