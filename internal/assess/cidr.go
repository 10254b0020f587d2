package assess

import (
	"fmt"
	"net/netip"
	"strings"
)

// parsePrefix reads "10.0.0.0/8", or an address alone as the range that holds only it. Host bits are dropped.
func parsePrefix(s string) (netip.Prefix, error) {
	if strings.ContainsRune(s, '/') {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return p, fmt.Errorf("%q is not an IP range", s)
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is not an IP range", s)
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// cidrContains reports whether every address of inner is in outer. Ranges of different families never contain each
// other.
func cidrContains(outer, inner string) (bool, error) {
	o, err := parsePrefix(outer)
	if err != nil {
		return false, err
	}
	i, err := parsePrefix(inner)
	if err != nil {
		return false, err
	}
	return o.Bits() <= i.Bits() && o.Contains(i.Addr()), nil
}

// cidrIsAny reports whether the range holds every address of its family.
func cidrIsAny(s string) (bool, error) {
	p, err := parsePrefix(s)
	return err == nil && p.Bits() == 0, err
}

// notPublic are the ranges that the internet does not route to: IANA's special-purpose registries, multicast included.
var notPublic = [...]string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10",
	"ff00::/8",
}

// cidrIsPublic reports whether the range holds an address that the internet can route to: whether it lies outside every
// special-purpose range, or around one.
func cidrIsPublic(s string) (bool, error) {
	p, err := parsePrefix(s)
	if err != nil {
		return false, err
	}
	for _, n := range notPublic {
		if inside, _ := cidrContains(n, p.String()); inside {
			return false, nil
		}
	}
	return true, nil
}
