"""The kinds of identifiers. Each names one row of one table; they never mean anything else."""

from typing import NewType

CourtId = NewType("CourtId", str)
TeamId = NewType("TeamId", str)
PersonId = NewType("PersonId", str)
CaseId = NewType("CaseId", str)
SubjectId = NewType("SubjectId", str)
DocumentId = NewType("DocumentId", str)
PaperId = NewType("PaperId", str)
EntryId = NewType("EntryId", str)
AmendmentId = NewType("AmendmentId", str)
AgencyId = NewType("AgencyId", str)
InstructionId = NewType("InstructionId", str)
SightingId = NewType("SightingId", str)
BatchId = NewType("BatchId", str)
AlertId = NewType("AlertId", str)
NoticeId = NewType("NoticeId", str)
AttemptId = NewType("AttemptId", str)
DrillId = NewType("DrillId", str)
DrillPlanId = NewType("DrillPlanId", str)
LeaseToken = NewType("LeaseToken", str)
