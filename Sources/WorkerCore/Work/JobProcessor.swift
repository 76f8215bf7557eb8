import Contracts
import Foundation
import Kafka
import Logging
import Vision

/// Deals with one record after the other: read, claim, analyse, publish.
///
/// The photo that is analysed now is the only one that is claimed. Claiming the next one ahead would hide its
/// fetching (a millisecond or two in one installation), but a claim is an attempt: a good photo would be blamed each
/// time that its predecessor kills the process.
struct JobProcessor: Sendable {
    /// What became of a record.
    enum Verdict: Equatable, Sendable {
        /// Its effect is durable, or it has none: its offset may be stored.
        case settled
        /// The process stops; without a stored offset the record is delivered again.
        case abandoned
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

    /// Works until the record is settled, or until the process stops.
    func process(_ record: Record) async -> Verdict {
        var logger = logger
        logger[metadataKey: "kafka.topic"] = "\(record.topic)"
        logger[metadataKey: "kafka.partition"] = "\(record.partition)"
        logger[metadataKey: "kafka.offset"] = "\(record.offset)"
        do throws(ContractError) {
            let message = try JobMessage.decode(record.value ?? [])
            logger[metadataKey: "analysis.id"] = "\(message.analysisID)"
            logger[metadataKey: "request.id"] = "\(message.requestID)"
            return await work(Job(message: message), logger)
        } catch {
            logger.error("Unreadable job set aside", metadata: ["error": "\(error.debugDescription)"])
            return await deliver(logger) { try await publisher.bury(record, because: error) }
        }
    }

    private func work(_ job: Job, _ logger: Logger) async -> Verdict {
        var retries = limits.backoff
        while true {
            let claim = await claim(job, logger)
            guard case .photo(let answer, let attempt) = claim else { return claim.verdict }
            var logger = logger
            logger[metadataKey: "attempt"] = "\(attempt)"
            let job = job.claimed(attempt: attempt)
            if let outcome = await outcome(of: answer, job, logger) { return await publish(outcome, of: job, logger) }
            // The fault was not the photo's. The gateway counts these claims too, and ends them at its limit.
            guard await pause(retries.next()) else { return .abandoned }
        }
    }

    /// The outcome to publish, or nil when another try may end otherwise.
    private func outcome(
        of photo: ClaimedPhoto?, _ job: Job, _ logger: Logger
    ) async -> Mien_V1_ResultMessage.OneOf_Outcome? {
        guard let photo else {
            tally.countFailure()
            logger.warning("Photo too large for this worker")
            return .failure(.tooLong)
        }
        pulse.allow(limits.analysis)
        do {
            let analysis = try await analyser.analyse(photo.bytes)
            tally.count(faces: analysis.faces.count)
            let message = Mien_V1_Analysis(analysis, model: analyser.model, before: job.timings)
            logger.info("Photo analysed", metadata: message.logMetadata)
            return .analysis(message)
        } catch let error as VisionError where error.isRetriable && photo.attempt < limits.attempts {
            logger.warning("Analysis to be repeated", metadata: ["error": "\(error.debugDescription)"])
            return nil
        } catch let error as VisionError {
            tally.countFailure()
            logger.info(
                "Photo not analysed",
                metadata: ["code": "\(error.code.rawValue)", "error": "\(error.debugDescription)"])
            return .failure(Mien_V1_Failure(error))
        } catch is CancellationError {
            return nil
        } catch {
            tally.countFailure()
            logger.error("Analysis failed unexpectedly", metadata: ["error": "\(String(reflecting: error))"])
            return .failure(.ours)
        }
    }

    private func publish(
        _ outcome: Mien_V1_ResultMessage.OneOf_Outcome, of job: Job, _ logger: Logger
    ) async -> Verdict {
        var result = job.result(outcome, worker: worker)
        do throws(ContractError) {
            _ = try result.encode()
        } catch {
            // Published as it is, the gateway would set it aside and the photo would be tried again for nothing.
            logger.error("Result outside the contract", metadata: ["error": "\(error.debugDescription)"])
            result.failure = .ours
        }
        return await deliver(logger) { [result] in
            do {
                try await publisher.publish(result)
            } catch let error as KafkaError where error.code == .messageTooLarge {
                logger.error("Result too large for the broker", metadata: ["error": "\(error)"])
                var small = result
                small.failure = .ours
                try await publisher.publish(small)
            }
        }
    }
}
