import Foundation
import Vision
import WorkerCore

extension Pipeline.Configuration {
    /// The pipeline of a worker.
    ///
    /// - Throws: when there is no such model.
    init(_ worker: WorkerConfiguration) throws {
        self.init(
            modelDirectory: try ModelCatalogue.find(worker.model, in: worker.models), detector: worker.detector,
            precision: worker.precision, cacheDirectory: worker.cache, acceptsHEIF: worker.acceptsHEIF,
            limits: .init(processorTime: .seconds(worker.photoSeconds)))
    }
}
