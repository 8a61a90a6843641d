import ArtifactStore
import Dashboard
import ImageStages
import LogAnalytics
import PipelineCore
import PipelineEngine
import TrainingStages

/// Every stage kind of the program. A new stage is one line here.
enum StageCatalog {
  static let kinds: [StageKind] = [
    StageKind(CommandStage.self),
    StageKind(ExtractStage.self),
    StageKind(MergeStage.self),
    StageKind(ReconcileStage.self),
    StageKind(SessionsStage.self),
    StageKind(AggregateStage.self),
    StageKind(SlicesStage.self),
    StageKind(ProjectsStage.self),
    StageKind(CatalogStage.self),
    StageKind(MeasureStage.self),
    StageKind(RecommendStage.self),
    StageKind(ReviewStage.self),
    StageKind(CropStage.self),
    StageKind(TrashStage.self),
    StageKind(AuditStage.self),
    StageKind(JoinStage.self),
    StageKind(FitStage.self),
    StageKind(ReportStage.self),
    StageKind(CheckStage.self),
    StageKind(GateStage.self),
    StageKind(SnapshotStage.self),
    StageKind(RenderStage.self),
  ]
}
