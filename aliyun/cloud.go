package aliyun

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"es-restore/esops"
)

// A Cloud is the cloud as a plan and its steps ask for it.
type Cloud struct{ Client *Client }

// Judge implements esops.Cloud. Both instances must be known; what else can't be
// told is a finding, not an error.
func (c Cloud) Judge(ctx context.Context, source, destination esops.Instance) ([]esops.Finding, error) {
	src, dst := Side{Name: source.Name}, Side{Name: destination.Name}
	asking, within := errgroup.WithContext(ctx)
	ask := func(what string, into func(context.Context) error) {
		asking.Go(func() error {
			if err := into(within); err != nil {
				return fmt.Errorf("asking Alibaba Cloud for %s: %w", what, err)
			}
			return nil
		})
	}
	ask("the source", func(ctx context.Context) (err error) {
		src.Instance, err = c.Client.Instance(ctx, source.Region, source.ID)
		return err
	})
	ask("the destination", func(ctx context.Context) (err error) {
		dst.Instance, err = c.Client.Instance(ctx, destination.Region, destination.ID)
		return err
	})
	ask("the source's health", known(func(ctx context.Context) (err error) {
		src.Health, err = c.Client.Health(ctx, source.Region, source.ID)
		return err
	}))
	ask("the destination's health", known(func(ctx context.Context) (err error) {
		dst.Health, err = c.Client.Health(ctx, destination.Region, destination.ID)
		return err
	}))
	ask("automatic backup", known(func(ctx context.Context) error {
		backup, err := c.Client.AutoBackup(ctx, source.Region, source.ID)
		if err == nil {
			src.Backup = &backup
		}
		return err
	}))
	ask("what can be shared", known(func(ctx context.Context) (err error) {
		dst.Offered, err = c.Client.AlternativeRepositories(ctx, destination.Region, destination.ID)
		return err
	}))
	ask("what is shared", known(func(ctx context.Context) (err error) {
		dst.Shared, err = c.Client.SharedRepositories(ctx, destination.Region, destination.ID)
		return err
	}))
	ask("its snapshots", func(ctx context.Context) error {
		src.Snapshots = counted(ctx, source.Reader)
		return nil
	})
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	return ShareVerdict(src, dst), nil
}

// known takes what the cloud does not tell for not known, unless it is asked no
// more.
func known(ask func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := ask(ctx); err != nil && ctx.Err() != nil {
			return err
		}
		return nil
	}
}

// counted is how many automatic snapshots a source has, as its Elasticsearch
// says; nil when it can't be asked.
func counted(ctx context.Context, reader esops.Reader) *int {
	if reader == nil {
		return nil
	}
	snapshots, err := reader.Snapshots(ctx, AutoRepository)
	var refusal *esops.Refusal
	if errors.As(err, &refusal) && refusal.Code == "no_such_repository" {
		none := 0
		return &none
	}
	if err != nil {
		return nil
	}
	n := len(snapshots)
	return &n
}

// Shared implements esops.Cloud.
func (c Cloud) Shared(ctx context.Context, destination esops.Instance) ([]esops.SharedRepository, error) {
	listed, err := c.Client.SharedRepositories(ctx, destination.Region, destination.ID)
	if err != nil {
		return nil, err
	}
	shared := make([]esops.SharedRepository, len(listed))
	for i, r := range listed {
		shared[i] = esops.SharedRepository{Name: r.Name, Source: r.Source, Valid: r.Valid}
	}
	return shared, nil
}

// Share implements esops.Cloud.
func (c Cloud) Share(ctx context.Context, destination, source esops.Instance) error {
	return c.Client.AddSharedRepository(ctx, destination.Region, destination.ID, source.ID)
}

// Unshare implements esops.Cloud.
func (c Cloud) Unshare(ctx context.Context, destination, source esops.Instance) error {
	return c.Client.RemoveSharedRepository(ctx, destination.Region, destination.ID, source.ID)
}

var _ esops.Cloud = Cloud{}
