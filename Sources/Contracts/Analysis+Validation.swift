extension Mien_V1_Analysis {
    /// The most faces that one analysis lists; with more, `faces_cut` is set.
    public static var maximumFaces: Int { 100 }

    func validate() throws(ContractError) {
        // A picture one pixel high may be this wide: 50 megapixels are the pipeline's limit.
        try Check.number(width, "width", 1...50_000_000)
        try Check.number(height, "height", 1...50_000_000)
        try Check.number(previewWidth, "preview_width", 1...1_600)
        try Check.number(previewHeight, "preview_height", 1...1_600)
        try Check.that([0, 90, 180, 270].contains(rotation), "rotation is no multiple of 90 below 360.")
        // Without any, they were handed over.
        if !isHandedOver {
            if !annotated.isEmpty { try Check.jpeg(annotated, "annotated") }
            try Check.jpeg(clean, "clean")
            try Check.jpeg(thumbnail, "thumbnail")
        }
        try Check.that(faces.count <= Self.maximumFaces, "\(faces.count) faces are more than \(Self.maximumFaces).")
        for (index, face) in faces.enumerated() {
            try Check.that(Int(face.number) == index + 1, "faces are not numbered from 1.")
            try face.validate()
        }
        try model.validate()
        try Check.that(timings.count <= 32, "\(timings.count) timings are more than 32.")
        for timing in timings {
            try Check.word(timing.stage, "timing.stage")
            try Check.number(timing.milliseconds, "timing.milliseconds", 0...Float(Int32.max))
        }
    }
}

extension Mien_V1_Face {
    /// What a person says of a face whose look cannot be told.
    public static var cannotTell: String { "cannot_tell" }

    func validate() throws(ContractError) {
        let extent: ClosedRange<Float> = -50_000_000...50_000_000
        try Check.number(box.x, "box.x", extent)
        try Check.number(box.y, "box.y", extent)
        try Check.number(box.width, "box.width", Float.leastNonzeroMagnitude...extent.upperBound)
        try Check.number(box.height, "box.height", Float.leastNonzeroMagnitude...extent.upperBound)
        try Check.that(landmarks.isEmpty || landmarks.count == 5, "\(landmarks.count) landmarks are neither 0 nor 5.")
        for point in landmarks {
            try Check.number(point.x, "landmark.x", extent)
            try Check.number(point.y, "landmark.y", extent)
        }
        try Check.number(detectorScore, "detector_score", 0...1)
        try validateProbabilities()
        try Check.that(notes.count <= 16, "\(notes.count) notes are more than 16.")
        for note in notes { try Check.word(note, "note") }
        if hasActivation { try activation.validate() }
        try Check.that(
            said.isEmpty || said == Self.cannotTell || Emotion(rawValue: said) != nil,
            "said is neither a class nor \"\(Self.cannotTell)\".")
    }

    private func validateProbabilities() throws(ContractError) {
        let expected = Emotion.allCases.count
        try Check.that(probabilities.count == expected, "\(probabilities.count) probabilities are not \(expected).")
        // Normalising in single precision may end a rounding error above 1.
        for probability in probabilities { try Check.number(probability, "probability", 0...1.0001) }
        try Check.number(probabilities.reduce(0, +), "sum of probabilities", 0.98...1.02)
    }
}

extension Mien_V1_Activation {
    /// The most cells that a map may have; the shipped networks' have 36.
    public static var maximumCells: Int { 256 }

    func validate() throws(ContractError) {
        try Check.number(columns, "activation.columns", 1...UInt32(Self.maximumCells))
        try Check.that(
            (1...Self.maximumCells).contains(cells.count) && cells.count % Int(columns) == 0,
            "activation.cells: \(cells.count) cells do not fill rows of \(columns).")
        try Check.number(low, "activation.low", -1_000_000...1_000_000)
        try Check.number(high, "activation.high", -1_000_000...1_000_000)
        try Check.that(low <= high, "activation.low is above activation.high.")
        try Check.that((-50_000_000...50_000_000).contains(x), "activation.x is beyond every photo.")
        try Check.that((-50_000_000...50_000_000).contains(y), "activation.y is beyond every photo.")
        try Check.number(side, "activation.side", 1...50_000_000)
        try Check.that((-180...180).contains(angle), "activation.angle is no angle.")
    }
}

extension Mien_V1_Model {
    func validate() throws(ContractError) {
        try Check.text(name, "model.name", 1...100)
        try Check.text(version, "model.version", 1...100)
        try Check.text(detector, "model.detector", 0...100)
    }
}
