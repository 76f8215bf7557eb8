// WorkerCore exists so that photos get analysed whatever happens to a worker: it consumes jobs from two lanes, claims
// their photos, publishes results, and replaces the processes that do it when they crash or hang.

import Contracts
import Kafka
public import Logging
public import ServiceLifecycle
import ServiceSupport
import Vision

/// One worker process: it fetches jobs of both lanes and deals with one photo at a time.
///
/// Kafka delivers at least once and the gateway's claim decides who may do what is delivered, so the process keeps no
/// state: killed at any moment, what it had not published is delivered again.
public struct WorkerProcess: Service {
    /// Loads what analyses photos.
    public typealias Loader = @Sendable () async throws -> any PhotoAnalysing

    private let configuration: WorkerConfiguration
    private let name: String
    private let load: Loader
    private let drainLimit: Duration
    private let limits: WorkLimits
    private let logger: Logger

    /// - Parameters:
    ///   - configuration: where Kafka and the gateway are.
    ///   - name: what results and the gateway's log call this process, such as `host/1`.
    ///   - drainLimit: the time for the photo in work when the process is told to stop; closing takes up to two
    ///     seconds more.
    ///   - load: loads the models; called once, when the process starts.
    public init(
        configuration: WorkerConfiguration, name: String, drainLimit: Duration = .seconds(6), logger: Logger,
        load: @escaping Loader
    ) {
        self.init(
            configuration: configuration, name: name, drainLimit: drainLimit, limits: WorkLimits(configuration),
            logger: logger, load: load)
    }

    init(
        configuration: WorkerConfiguration, name: String, drainLimit: Duration, limits: WorkLimits, logger: Logger,
        load: @escaping Loader
    ) {
        self.configuration = configuration
        self.name = name
        self.drainLimit = drainLimit
        self.limits = limits
        var logger = logger
        logger[metadataKey: "worker"] = "\(name)"
        self.logger = logger
        self.load = load
    }

    /// Works until the graceful shutdown, then finishes the photo in work, publishes it and commits.
    ///
    /// - Throws: when the models cannot be loaded, or no consumer can be made. ``Outgrown`` when everything is in order
    ///   but the process has grown too large.
    public func run() async throws {
        let vitals = Vitals(pipe: HeartbeatPipe())
        let beating = Task { await vitals.beat() }
        defer { beating.cancel() }
        let stop = StopSignal()
        try await withGracefulShutdownHandler {
            let started = ContinuousClock.now
            let analyser = try await load()
            guard !stop.isStopped else { return }
            let model = "\(analyser.model.name)/\(analyser.model.version)"
            vitals.loaded(model)
            limits.process?.apply(logger)
            logger.info(
                "Models loaded",
                metadata: [
                    "model": "\(model)",
                    "seconds": "\((ContinuousClock.now - started) / .seconds(1))",
                ])
            try await work(analyser, vitals: vitals, stop: stop)
        } onGracefulShutdown: {
            vitals.become(.stopping)
            stop.stop()
        }
    }

    private func work(_ analyser: any PhotoAnalysing, vitals: Vitals, stop: StopSignal) async throws {
        // Below 1 KB each; the more it sees, the better it knows whose turn it is.
        let queue = LaneQueue<PreparedPhoto>(capacity: 500)
        let producer = try Producer(kafka("results"), logger: logger)
        let share = ShareWatch(lanes: JobLane.allCases) { [results = configuration.topics.results] in
            // Who gives out jobs has made all topics.
            producer.lookUp([results])
            vitals.become(.ready)
        }
        let loops = JobLane.allCases.map { loop($0, queue: queue, share: share, stop: stop) }
        let publisher = ResultPublisher(producer: producer, topics: configuration.topics, worker: name)
        let gateway = GatewayClient(
            gateway: configuration.gateway, worker: name, maxPhotoBytes: configuration.maxPhotoBytes,
            deadline: limits.claim)
        let processor = JobProcessor(
            worker: name, analyser: analyser, gateway: gateway, publisher: publisher, limits: limits,
            pulse: vitals.pulse, stop: stop, tally: vitals.tally, logger: logger)
        let memory = MemoryWatch(ceiling: limits.memoryCeiling, stop: stop, logger: logger)
        let working = WorkLoop(queue: queue, processor: processor, afterPhoto: memory.look)
        let result: Result<Void, any Error> = await poll(loops)
        vitals.become(.stopping)
        stop.stop()
        queue.close()
        if await !working.finish(within: drainLimit) { logger.warning("Photo in work handed back") }
        await close(loops, publisher)
        try? await gateway.shutdown()  // It only fails when it is shut down already.
        logger.info("Worker stopped", metadata: ["analysed": "\(vitals.tally.figures.analysed)"])
        try result.get()
        if memory.isOutgrown { throw Outgrown() }
    }

    /// Runs the polling loops until all have ended; one that fails ends the others.
    private func poll(_ loops: [LaneLoop]) async -> Result<Void, any Error> {
        do {
            try await withThrowingTaskGroup { group in
                for loop in loops { group.addTask { try await loop.run() } }
                do { for try await _ in group {} } catch {
                    loops.first?.stop.stop()
                    throw error
                }
            }
            return .success(())
        } catch {
            logger.error("Consumer cannot go on", metadata: ["error": "\(String(reflecting: error))"])
            return .failure(error)
        }
    }

    /// Commits and closes, both lanes at once, none longer than a moment.
    private func close(_ loops: [LaneLoop], _ publisher: ResultPublisher) async {
        await withTaskGroup { group in
            for loop in loops {
                group.addTask {
                    await loop.storeSettled()
                    if await !loop.consumer.close(timeout: .milliseconds(1_500)) {
                        // Left unclosed: it may block after partitions were lost, and the process ends anyway.
                        logger.warning("Consumer not closed in time", metadata: ["lane": "\(loop.lane)"])
                    }
                }
            }
            group.addTask { await publisher.producer.close(timeout: .milliseconds(500)) }
        }
    }
}

extension WorkerProcess {
    private func kafka(_ part: String) -> KafkaConfiguration {
        KafkaConfiguration(brokers: configuration.brokers, clientID: "mien-worker-\(name)-\(part)")
    }

    private func consumerKafka(_ lane: String) -> KafkaConfiguration {
        // The loop polls every few seconds whatever the photo in work does, so a short interval costs no membership.
        // It is also the rebalance time-out: how long a broker waits for members before it shares their partitions out.
        let kafka = kafka(lane).setting("max.poll.interval.ms", to: "15000")
        // The name is the host's and the slot's, so whoever takes the slot next takes the dead member's place.
        return configuration.staticMembers ? kafka.setting("group.instance.id", to: kafka.clientID) : kafka
    }

    private func loop(
        _ lane: JobLane, queue: LaneQueue<PreparedPhoto>, share: ShareWatch, stop: StopSignal
    ) -> LaneLoop {
        let topics = configuration.topics
        let (kafka, group, topic) = (
            consumerKafka(lane.rawValue), topics.workerGroup(lane.contract), topics.jobs(lane.contract)
        )
        var logger = logger
        logger[metadataKey: "kafka.group"] = "\(group)"
        let consumer = SupervisedConsumer(logger: logger) { [logger] in
            try Consumer(kafka, group: group, topics: [topic], logger: logger)
        }
        return LaneLoop(lane: lane, consumer: consumer, queue: queue, share: share, stop: stop, logger: logger)
    }

    /// Ends a process that is to be replaced because of its size.
    public struct Outgrown: Error {}
}
