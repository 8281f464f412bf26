package handlers

import (
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
)

func TestAMarkerThatStaysIsTold(t *testing.T) {
	settled := esops.Result{Step: esops.StepSettle, NotProved: []string{"the marker stays on orders: The index is read-only."}}
	_, said := story(audit.Record{Event: approvals.Stepped, Actor: approvals.System, Data: approvals.Data{Step: esops.StepSettle, Result: &settled}}, approvals.Operation{})
	if !strings.Contains(said, "the marker stays on orders: The index is read-only.") {
		t.Errorf("the thread says %q", said)
	}
}
