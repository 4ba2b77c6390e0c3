package console

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway/profile"
)

// TestDemoPhonesHaveAKey: their page has a * that un-mutes.
func TestDemoPhonesHaveAKey(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Load([]byte(demoProfiles), demoDomain)
	require.NoError(t, err)
	for _, u := range demoConfig(t.TempDir()).Users {
		p := profiles.For(u.Devices[0].Profile, "")
		require.Equal(t, demoProfile, p.Name)
		require.True(t, p.KeyByInfo)
		require.Equal(t, "*", p.UnmuteKey)
	}
}
