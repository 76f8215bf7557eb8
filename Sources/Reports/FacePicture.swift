package import Analyses
import Drawing

/// Where the network saw what spoke for a face's emotion, as a picture to lay over the square that it looked at.
package enum FacePicture {
    /// Pixels of each side: a map has few cells, and what lies between them is smooth.
    private static let side = 192

    /// A PNG that shows through.
    package static func png(of map: FaceResult.Activation) throws -> [UInt8] { try map.heat.png(side: side) }
}

extension FaceResult.Activation {
    /// As it is drawn.
    var heat: HeatMap { HeatMap(columns: columns, values: values.map(Float.init)) }
}
