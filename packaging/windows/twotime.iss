; Installer for Windows (Inno Setup 6.3 or newer), made by build.ps1:
;   iscc /DVersion=1.2.3 packaging\windows\twotime.iss
; For the user alone unless asked otherwise; takes over no file type but its own.

#ifndef Version
  #error The version is missing: call iscc with /DVersion=1.2.3, or use build.ps1
#endif
#define Root "..\.."
#define Bundle Root + "\dist\twotime"
#define Program "twotime-window.exe"

[Setup]
; Never changes: a newer version finds the one it replaces by it.
AppId={{7B0C5A0E-6B5A-4B8E-9E0B-2F6C3D1A4E57}
AppName=Twotime
AppVersion={#Version}
AppVerName=Twotime {#Version}
AppPublisher=Twotime developers
#ifdef Homepage
AppPublisherURL={#Homepage}
#endif
VersionInfoProductTextVersion={#Version}
LicenseFile={#Root}\LICENSE
SetupIconFile={#Root}\build\icons\twotime.ico
UninstallDisplayIcon={app}\{#Program}
UninstallDisplayName=Twotime
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog commandline
DefaultDirName={autopf}\Twotime
DisableProgramGroupPage=yes
; jaxlib is made for x86-64 processors and nothing that imitates one.
ArchitecturesAllowed=x64os
ArchitecturesInstallIn64BitMode=x64os
MinVersion=10.0
ChangesAssociations=yes
CloseApplications=yes
RestartApplications=no
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
WizardStyle=modern
OutputDir={#Root}\dist
OutputBaseFilename=twotime-{#Version}-windows-x86_64
#ifdef Sign
SignTool={#Sign}
SignedUninstaller=yes
#endif

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"
Name: "german"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; Libraries of another version must not stay beside the new ones.
Type: filesandordirs; Name: "{app}\lib"

[Files]
Source: "{#Bundle}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs
Source: "{#Root}\LICENSE"; DestDir: "{app}"; DestName: "Licence.txt"; Flags: ignoreversion
Source: "{#Root}\build\icons\twotime.ico"; DestDir: "{app}"; Flags: ignoreversion

[Icons]
Name: "{autoprograms}\Twotime"; Filename: "{app}\{#Program}"; IconFilename: "{app}\twotime.ico"
Name: "{autodesktop}\Twotime"; Filename: "{app}\{#Program}"; IconFilename: "{app}\twotime.ico"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.twotime"; ValueType: string; ValueData: "Twotime.Session"; Flags: uninsdeletevalue uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.twotime\OpenWithProgids"; ValueType: string; ValueName: "Twotime.Session"; ValueData: ""; Flags: uninsdeletevalue uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\Twotime.Session"; ValueType: string; ValueData: "Twotime session"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Twotime.Session\DefaultIcon"; ValueType: string; ValueData: "{app}\twotime.ico"
Root: HKA; Subkey: "Software\Classes\Twotime.Session\shell\open\command"; ValueType: string; ValueData: """{app}\{#Program}"" ""%1"""

[Run]
Filename: "{app}\{#Program}"; Description: "{cm:LaunchProgram,Twotime}"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
; Compiled kernels, scratch files, and checkpoints of interrupted fits.
Type: filesandordirs; Name: "{localappdata}\twotime\Cache"
Type: dirifempty; Name: "{localappdata}\twotime"

[CustomMessages]
english.RemoveSettings=Remove your settings and logs of Twotime as well? Results are never removed.
german.RemoveSettings=Auch Ihre Einstellungen und Protokolle von Twotime entfernen? Ergebnisse bleiben immer erhalten.

[Code]
// Settings and logs stay unless somebody is there to say otherwise.
procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Folder: String;
begin
  Folder := ExpandConstant('{localappdata}\twotime');
  if (CurUninstallStep <> usPostUninstall) or UninstallSilent or not DirExists(Folder) then
    exit;
  if MsgBox(CustomMessage('RemoveSettings'), mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
    DelTree(Folder, True, True, True);
end;
