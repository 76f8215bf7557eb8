import Contracts
import Foundation
import Kafka
import Logging
import ServiceSupport
import Vision

/// The steps that a record goes through: read and claim, analyse, hand the pictures over, publish. ``WorkLoop`` runs them side by side, each for
/// another photo.
struct JobProcessor: Sendable {
    /// What became of a record.
    enum Verdict: Equatable, Sendable {
        /// Its effect is durable, or it has none: its offset may be stored.
        case settled
        /// The process stops; without a stored offset the record is delivered again.
        case abandoned
    }

    /// What a job became.
    enum Outcome: Sendable {
        case result(Mien_V1_ResultMessage.OneOf_Outcome)
        /// A picture that was drawn, and the path that it is handed over by; nil when it cannot be drawn.
        case drawn([UInt8]?, path: String)
    }

    let worker: String
    let analyser: any PhotoAnalysing
    let gateway: GatewayClient
    let publisher: ResultPublisher
    let limits: WorkLimits
    let pulse: Pulse
    let stop: StopSignal
    let tally: Tally
    let logger: Logger
    let gatewayOutage = OccasionalLog()
    let brokerOutage = OccasionalLog()

    /// Reads a record and claims its photo, however long the gateway is away.
    func prepare(_ record: Record) async -> Preparation {
        var logger = logger
        logger[metadataKey: "kafka.topic"] = "\(record.topic)"
        logger[metadataKey: "kafka.partition"] = "\(record.partition)"
        logger[metadataKey: "kafka.offset"] = "\(record.offset)"
        // Of a gateway from before there were traces comes none; here it begins then.
        let trace = TraceContext(header: record.header(TraceContext.headerName)) ?? TraceContext()
        logger[metadataKey: "trace.id"] = "\(trace.traceID)"
        do throws(ContractError) {
            let message = try JobMessage.decode(record.value ?? [])
            logger[metadataKey: "analysis.id"] = "\(message.analysisID)"
            logger[metadataKey: "request.id"] = "\(message.requestID)"
            guard message.task == .unspecified || message.task.drawingPath != nil else {
                logger.warning("Job skipped: it asks for what this release does not do")
                return .over(.settled)
            }
            return await claim(Job(message: message, trace: trace), logger)
        } catch {
            logger.error("Unreadable job set aside", metadata: ["error": "\(error.debugDescription)"])
            return .over(
                await deliver(logger, as: .claiming) { try await publisher.bury(record, in: trace, because: error) })
        }
    }

    /// What there is to tell about a photo.
    ///
    /// - Returns: the outcome with the job that it belongs to, or a verdict when there is none to publish.
    func analyse(_ prepared: PreparedPhoto) async -> Analysis {
        var (prepared, retries, tries) = (prepared, limits.backoff, 0 as UInt32)
        while true {
            tries += 1
            let job = prepared.job.begun()
            if let outcome = await outcome(of: prepared.photo, job, prepared.logger, tries: tries) {
                pulse.end(.analysing)
                return .outcome(outcome, job, prepared.logger)
            }
            // The fault was not the photo's. The gateway counts these claims too, and ends them at its limit.
            guard await pause(retries.next(), for: .analysing) else { return .over(.abandoned) }
            switch await claim(job, prepared.logger, as: .analysing) {
            case .ready(let again): prepared = again
            case .over(let verdict): return .over(verdict)
            }
        }
    }

    /// The outcome to publish, or nil when another try may end otherwise.
    private func outcome(of photo: ClaimedPhoto?, _ job: Job, _ logger: Logger, tries: UInt32) async -> Outcome? {
        guard let photo else {
            tally.countFailure()
            logger.warning("Photo too large for this worker")
            return job.message.task.drawingPath.map { .drawn(nil, path: $0) } ?? .result(.failure(.tooLong))
        }
        pulse.allow(limits.analysis, for: .analysing)
        if let drawing = photo.drawing, let path = job.message.task.drawingPath {
            return await drawn(photo.bytes, FaceDrawing(drawing), path: path, logger, tries: tries)
        }
        do {
            let analysis = try await limited { try await analyser.analyse(photo.bytes) }
            tally.count(faces: analysis.faces.count, stages: job.timings + analysis.timings)
            let message = Mien_V1_Analysis(analysis, model: analyser.model, before: job.timings)
            logger.info("Photo analysed", metadata: message.logMetadata)
            return .result(.analysis(message))
        } catch let error as VisionError where error.isRetriable && photo.attempt < limits.attempts {
            logger.warning("Analysis to be repeated", metadata: ["error": "\(error.debugDescription)"])
            return nil
        } catch let error as VisionError {
            tally.countFailure()
            logger.info(
                "Photo not analysed",
                metadata: ["code": "\(error.code.rawValue)", "error": "\(error.debugDescription)"])
            return .result(.failure(Mien_V1_Failure(error)))
        } catch is CancellationError {
            return nil
        } catch {
            tally.countFailure()
            logger.error("Analysis failed unexpectedly", metadata: ["error": "\(String(reflecting: error))"])
            return .result(.failure(.ours))
        }
    }

    /// What was drawn, or nil when another try may end otherwise.
    ///
    /// - Parameter tries: of this message. The gateway's attempts go on counting when a picture is drawn anew.
    private func drawn(
        _ picture: [UInt8], _ drawing: FaceDrawing, path: String, _ logger: Logger, tries: UInt32
    ) async -> Outcome? {
        do {
            let drawn = try await limited {
                try await analyser.draw(picture, drawing, maximumBytes: Mien_V1_Drawing.maximumPictureBytes)
            }
            logger.info(
                "Picture drawn", metadata: ["faces": "\(drawing.faces.count)", "kilobytes": "\(drawn.count >> 10)"])
            return .drawn(drawn, path: path)
        } catch let error as VisionError where error.isRetriable && tries < limits.attempts {
            logger.warning("Drawing to be repeated", metadata: ["error": "\(error.debugDescription)"])
            return nil
        } catch is CancellationError {
            return nil
        } catch {
            logger.warning("Picture not drawn", metadata: ["error": "\(String(reflecting: error))"])
            return .drawn(nil, path: path)
        }
    }

    func limited<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        guard let process = limits.process else { return try await body() }
        return try await process.whileLimited(body)
    }
}

extension JobProcessor {
    /// How reading and claiming ended.
    enum Preparation: Sendable {
        case ready(PreparedPhoto)
        case over(Verdict)
    }

    /// How an analysis ended.
    enum Analysis: Sendable {
        case outcome(Outcome, Job, Logger)
        case over(Verdict)
    }
}
