package gateway

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed profiles.yaml
var builtinProfiles []byte

// unknownProfile asks a phone we know nothing about.
const unknownProfile = "unknown"

// Profiles are the phone models this node knows, first match first.
type Profiles struct{ list []profileRow }

// profileRow is one profile as it is written in YAML.
type profileRow struct {
	Name          string        `yaml:"name"`
	Match         []string      `yaml:"match"`
	Headers       yaml.MapSlice `yaml:"headers"`
	Mute          MuteMode      `yaml:"mute"`
	Splash        SplashMode    `yaml:"splash"`
	DoubleTone    bool          `yaml:"double_tone"`
	ResumeUnmutes bool          `yaml:"resume_unmutes"`
	From          string        `yaml:"from"`
	Note          string        `yaml:"note"`
}

// LoadProfiles reads the built-in profiles and, before them, the
// administrator's (YAML of the same form, nil for none): his win, by match and
// by name. gateway is what {gateway} in a header stands for.
func LoadProfiles(own []byte, gateway string) (*Profiles, error) {
	p := &Profiles{}
	for _, text := range [][]byte{own, builtinProfiles} {
		var file struct {
			Profiles []profileRow `yaml:"profiles"`
		}
		if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("phone profiles: %w", err)
		}
		for _, row := range file.Profiles {
			if err := row.finish(gateway); err != nil {
				return nil, fmt.Errorf("phone profile %q: %w", row.Name, err)
			}
			p.list = append(p.list, row)
		}
	}
	return p, nil
}

// finish fills in the defaults and checks the row.
func (r *profileRow) finish(gateway string) error {
	setDefault(&r.Mute, MuteSDP)
	setDefault(&r.Splash, SplashMedia)
	setDefault(&r.From, "caller")
	switch {
	case r.Name == "":
		return fmt.Errorf("it has no name: give it one")
	case r.Mute != MuteSDP && r.Mute != MuteGate:
		return fmt.Errorf("mute is %q: write %s or %s", r.Mute, MuteSDP, MuteGate)
	case r.Splash != SplashMedia && r.Splash != SplashPhone && r.Splash != SplashBoth && r.Splash != SplashOff:
		return fmt.Errorf("splash is %q: write media, phone, both or off", r.Splash)
	case r.From != "caller" && r.From != "owner":
		return fmt.Errorf("from is %q: write caller or owner", r.From)
	}
	for i, h := range r.Headers {
		name, value := fmt.Sprint(h.Key), strings.ReplaceAll(fmt.Sprint(h.Value), "{gateway}", gateway)
		if strings.ContainsAny(name+value, "\r\n") || name == "" || strings.ContainsAny(name, " :\t") {
			return fmt.Errorf("header %q is not one: write a name and a value on one line", name)
		}
		r.Headers[i] = yaml.MapItem{Key: name, Value: value}
	}
	for i := range r.Match {
		r.Match[i] = strings.ToLower(r.Match[i])
	}
	return nil
}

// For finds the profile of a phone: the one its device names, else the first
// whose match is in the User-Agent, else the one for unknown phones. name is
// "" or "auto" when the device leaves it to us.
func (p *Profiles) For(name, userAgent string) Profile {
	agent := strings.ToLower(userAgent)
	var unknown Profile
	for _, row := range p.list {
		if name != "" && name != "auto" {
			if strings.EqualFold(row.Name, name) {
				return row.profile()
			}
		} else {
			for _, m := range row.Match {
				if strings.Contains(agent, m) {
					return row.profile()
				}
			}
		}
		if row.Name == unknownProfile && unknown.Name == "" {
			unknown = row.profile()
		}
	}
	return unknown
}

func (r profileRow) profile() Profile {
	p := Profile{Name: r.Name, Mute: r.Mute, Splash: r.Splash, ResumeUnmutes: r.ResumeUnmutes, FromOwner: r.From == "owner"}
	for _, h := range r.Headers {
		p.Headers = append(p.Headers, Header{Name: fmt.Sprint(h.Key), Value: fmt.Sprint(h.Value)})
	}
	return p
}
