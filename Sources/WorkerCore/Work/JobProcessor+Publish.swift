import Contracts
import Foundation
import Kafka
import Logging
import Vision

extension JobProcessor {
    /// Publishes an outcome, however long gateway or broker are away: its pictures go first and by themselves.
    func publish(_ outcome: Outcome, of job: Job, as step: Pulse.Step, _ logger: Logger) async -> Verdict {
        switch outcome {
        case .result(let outcome): return await publish(result: outcome, of: job, as: step, logger)
        case .drawn(let picture, let path):
            let handOver = await handOver(picture?.count ?? 0, as: step, logger) {
                try await gateway.handOver(
                    drawn: picture, under: path, of: job.message.analysisID, ticket: job.message.ticket,
                    attempt: job.attempt, trace: job.trace)
            }
            // Whoever waits for a picture asks again.
            if case .over(let verdict) = handOver { return verdict }
            return .settled
        }
    }

    private func publish(
        result outcome: Mien_V1_ResultMessage.OneOf_Outcome, of job: Job, as step: Pulse.Step, _ logger: Logger
    ) async -> Verdict {
        let start = ContinuousClock.now
        var result = checked(job.result(outcome, worker: worker), logger)
        if case .analysis(let analysis)? = result.outcome {
            var handOver = await handOver(analysis.pictures, of: job, as: step, logger)
            if handOver.mayLackTheAnnotated {
                pulse.allow(limits.analysis, for: step)
                result.analysis.annotated = Data(await annotated(analysis, logger))
                if case .unfit = handOver {
                    handOver = await self.handOver(result.analysis.pictures, of: job, as: step, logger)
                }
            }
            switch handOver {
            case .stored:
                result.analysis.removePictures()
                result.fit()
                result = checked(result, logger)
            case .notTaken: result = checked(result, logger)
            case .unfit: result.failure = .ours
            case .over(let verdict): return verdict
            }
        }
        let verdict = await deliver(logger, as: step) { [result] in
            do {
                try await publisher.publish(result, in: job.trace)
            } catch let error as KafkaError where error.code == .messageTooLarge {
                logger.error("Result too large for the broker", metadata: ["error": "\(error)"])
                var small = result
                small.failure = .ours
                try await publisher.publish(small, in: job.trace)
            }
        }
        if verdict == .settled {
            tally.count("publish", .now - start)
            tally.count("total", job.age)
        }
        return verdict
    }

    private func handOver(
        _ pictures: Pictures, of job: Job, as step: Pulse.Step, _ logger: Logger
    ) async -> HandOver {
        await handOver(pictures.byteCount, as: step, logger) {
            try await gateway.handOver(
                pictures, of: job.message.analysisID, ticket: job.message.ticket, attempt: job.attempt,
                trace: job.trace)
        }
    }

    /// The annotated picture, for a gateway from before it was drawn on demand; the clean one where it cannot be drawn.
    private func annotated(_ analysis: Mien_V1_Analysis, _ logger: Logger) async -> [UInt8] {
        let clean = [UInt8](analysis.clean)
        do {
            return try await limited {
                try await analyser.draw(clean, FaceDrawing(analysis), maximumBytes: Self.maximumAnnotatedBytes)
            }
        } catch {
            logger.warning("Annotated picture not drawn", metadata: ["error": "\(String(reflecting: error))"])
            return clean
        }
    }

    /// So many as leave room for the other pictures in a message that carries them.
    private static let maximumAnnotatedBytes = 425_000

    /// The result, or a failure in its place when it is outside the contract: published as it is, the gateway would set it
    /// aside and the photo would be tried again for nothing.
    private func checked(_ result: ResultMessage, _ logger: Logger) -> ResultMessage {
        do throws(ContractError) {
            _ = try result.encode()
            return result
        } catch {
            logger.error("Result outside the contract", metadata: ["error": "\(error.debugDescription)"])
            var failed = result
            failed.failure = .ours
            return failed
        }
    }
}
