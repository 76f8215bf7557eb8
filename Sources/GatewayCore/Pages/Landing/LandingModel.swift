import Analyses
import Reports

/// The page for visitors.
struct LandingModel: Sendable {
    let site: Site
    /// Whether the site is new, and whoever started it has still to make their account.
    let isNew: Bool
    /// "30 days" in which what was deleted can be put back; nil where it is gone at once.
    let binTime: String?
    /// Whether results can be shown to others by a link.
    let canShare: Bool
    /// What the sample photo gets: an answer says more than a promise.
    let face = FaceModel(Self.sample, photo: (512, 512), preview: (512, 512))

    init(site: Site, isNew: Bool, binDays: Int = 30, canShare: Bool = true) {
        self.site = site
        self.isNew = isNew
        binTime = Words.retention(days: binDays)
        self.canShare = canShare
    }

    /// As mien-inception-m 2.3.0 has answered.
    private static let sample = FaceResult(
        number: 1, box: .init(x: 184.3, y: 62.8, width: 84.3, height: 111.7), landmarks: [], emotion: "happy",
        confidence: 0.969,
        probabilities: [
            "angry": 0.009, "disgust": 0.002, "fear": 0.008, "happy": 0.969, "neutral": 0.004, "sad": 0.005,
            "surprise": 0.003,
        ], notSure: false, notes: [])
}
